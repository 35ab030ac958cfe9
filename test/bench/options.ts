import { parseArgs } from 'node:util';
import { contenders } from './contenders.ts';
import { goals } from './goals.ts';
import { rows } from './rows.ts';

export const usage = `npm run bench -- [--quick] [--only NAME,…] [--rows NAME,…] [--rounds N] [--no-pin]

  --quick    only the contenders and rows that goals name; under 90 seconds
  --only     these contenders: ${contenders.map(({ name }) => name).join(', ')}
  --rows     these rows: ${rows.map(({ name }) => name).join(', ')}
  --rounds   as many rounds, instead of as many as the time allows
  --no-pin   leave it to the system on which core each process runs
  --help     this text
`;

export interface Options {
  readonly quick: boolean;
  readonly contenders: readonly string[];
  readonly rows: readonly string[];
  readonly rounds?: number;
  readonly pin: boolean;
}

/** Reads the command line; `undefined` asks for the usage. Throws on what does not exist. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      pin: { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;

  const inGoals = new Set(goals.flatMap((goal) => [goal.contender, goal.against, ...goal.rows]));
  const chosen = (flag: 'only' | 'rows', known: readonly { name: string }[]) => {
    const names = known.map(({ name }) => name);
    const asked = values[flag]?.split(',');
    if (asked === undefined) return values.quick ? names.filter((n) => inGoals.has(n)) : names;
    for (const name of asked) {
      if (names.includes(name)) continue;
      throw new RangeError(`--${flag} must name some of ${names.join(', ')}, got ${name}`);
    }
    return names.filter((name) => asked.includes(name));
  };

  const options = {
    quick: values.quick,
    pin: values.pin,
    contenders: chosen('only', contenders),
    rows: chosen('rows', rows),
  };
  if (values.rounds === undefined) return options;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds must be a positive integer, got ${values.rounds}`);
  }
  return { ...options, rounds };
}
