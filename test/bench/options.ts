import { parseArgs } from 'node:util';
import { contenders } from './contenders.ts';
import { curves } from './curves.ts';
import { rows, sections } from './rows.ts';

/** No rows of contenders, but asked for like them: see `waiting/` and `instances/`. */
const parts = ['waiting', 'instances'] as const;

const contenderNames = contenders.map(({ name }) => name);
const rowNames = [
  ...sections,
  ...curves.map(({ name }) => name),
  ...rows.map(({ name }) => name),
  ...parts,
];
const shownRowNames = rowNames.filter(
  (name) => !rows.some((row) => row.name === name && row.curve !== undefined),
);

export const usage = `npm run bench -- [--quick] [--only NAME,…] [--rows NAME,…] [--rounds N] [--no-pin]

  --quick    only what goals need, and not all of those; under 90 seconds
  --only     these contenders: ${contenderNames.join(', ')}
  --rows     these rows, or sections, or curves: ${shownRowNames.join(', ')}
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

  const chosen = (flag: 'only' | 'rows', known: readonly string[]) => {
    const asked = values[flag]?.split(',');
    const unknown = asked?.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new RangeError(`--${flag} must name some of ${known.join(', ')}, got ${unknown}`);
    }
    return (name: string) => asked === undefined || asked.includes(name);
  };
  const isContender = chosen('only', contenderNames);
  const isRow = chosen('rows', rowNames);
  // Of contenders these have none to choose from.
  const isPart = (name: (typeof parts)[number]) =>
    isRow(name) && (values.only === undefined || values.rows !== undefined);

  const options = {
    quick: values.quick,
    pin: values.pin,
    contenders: contenderNames.filter(isContender),
    rows: rows
      .filter(({ name, section, curve }) =>
        [name, section, ...(curve ? [curve.name] : [])].some(isRow),
      )
      .map(({ name }) => name),
    waiting: isPart('waiting'),
    instances: isPart('instances') && !values.quick,
  };
  if (values.rounds === undefined) return options;
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new RangeError(`--rounds must be a positive integer, got ${values.rounds}`);
  }
  return { ...options, rounds };
}
