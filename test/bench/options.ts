import { parseArgs } from 'node:util';
import { contenders } from './contenders.ts';
import { rows } from './rows.ts';

/** No rows of contenders, but asked for like them: see `waiting/` and `instances/`. */
const waitingRow = { name: 'waiting' };
const instancesRow = { name: 'instances' };

export const usage = `npm run bench -- [--quick] [--only NAME,…] [--rows NAME,…] [--rounds N] [--no-pin]

  --quick    only what goals need, and not all of those; under 90 seconds
  --only     these contenders: ${contenders.map(({ name }) => name).join(', ')}
  --rows     these rows: ${[...rows, waitingRow, instancesRow].map(({ name }) => name).join(', ')}
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
  /** Whether to measure requests that wait. */
  readonly waiting: boolean;
  /** Whether to measure a limit that instances share over Redis. */
  readonly instances: boolean;
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

  const chosen = (flag: 'only' | 'rows', known: readonly { name: string }[]) => {
    const names = known.map(({ name }) => name);
    const asked = values[flag]?.split(',');
    if (asked === undefined) return names;
    for (const name of asked) {
      if (names.includes(name)) continue;
      throw new RangeError(`--${flag} must name some of ${names.join(', ')}, got ${name}`);
    }
    return names.filter((name) => asked.includes(name));
  };

  const isChosen = values.only === undefined || values.rows !== undefined;
  const chosenRows = chosen('rows', [...rows, waitingRow, instancesRow]);
  const options = {
    quick: values.quick,
    pin: values.pin,
    contenders: chosen('only', contenders),
    rows: chosenRows,
    // Of contenders these have none to choose from.
    waiting: chosenRows.includes(waitingRow.name) && isChosen,
    instances: chosenRows.includes(instancesRow.name) && isChosen && !values.quick,
  };
  if (values.rounds === undefined) return options;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds must be a positive integer, got ${values.rounds}`);
  }
  return { ...options, rounds };
}
