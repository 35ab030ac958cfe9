import { parseArgs } from 'node:util';
import { SABOTAGES, type Sabotage } from './service/sabotage.ts';

export const FRAMEWORKS = ['express', 'koa'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

const SHORTEST_S = 5;
const MOST_CALLERS = 512;
const MOST_A_SECOND = 100_000;

export const usage = `npm run soak -- [--duration S] [--requests N] [--framework NAME] [--seed N] [--callers N] [--rate N]

  --duration   for so many seconds (120), at least ${SHORTEST_S}
  --requests   as many requests, however long they take, instead
  --framework  the service under test: ${FRAMEWORKS.join(' or ')}; express unless said otherwise
  --seed       of what is drawn: an integer; a new one each time unless given
  --callers    requests under way at once (96), up to ${MOST_CALLERS}
  --rate       requests a second, at most; as many as the callers can make unless given
  --report     the folder of the report (reports)
  --sabotage   breaks the service, to see that the soak notices; some of ${SABOTAGES.join(', ')}
  --help       this text
`;

export interface Options {
  /** In milliseconds; does not count where there are {@link requests}. */
  readonly durationMs: number;
  readonly requests?: number;
  readonly framework: Framework;
  readonly seed: number;
  readonly callers: number;
  /** Requests a second at most; absent where there is no limit. */
  readonly rate?: number;
  /** A folder; absent where it is the checkout's own. */
  readonly report?: string;
  readonly sabotages: readonly Sabotage[];
}

/**
 * Reads the command line; `undefined` asks for the usage.
 * @throws on what does not exist or cannot be; the message is for the user
 */
export function readOptions(
  args: readonly string[],
  newSeed: () => number = () => Math.floor(Math.random() * 2 ** 31),
): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      duration: { type: 'string' },
      requests: { type: 'string' },
      framework: { type: 'string', default: 'express' },
      seed: { type: 'string' },
      callers: { type: 'string', default: '96' },
      rate: { type: 'string' },
      report: { type: 'string' },
      sabotage: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.duration !== undefined && values.requests !== undefined) {
    throw new RangeError('--duration and --requests exclude each other');
  }
  const seconds = Number(values.duration ?? '120');
  if (!(seconds >= SHORTEST_S && Number.isFinite(seconds))) {
    throw new RangeError(`--duration must be at least ${SHORTEST_S} s, got ${values.duration}`);
  }
  return {
    durationMs: seconds * 1_000,
    ...(values.requests !== undefined && {
      requests: integer('requests', values.requests, 1, 2 ** 32 - 1),
    }),
    framework: oneOf('framework', values.framework, FRAMEWORKS),
    seed: values.seed === undefined ? newSeed() : integer('seed', values.seed, 0, 2 ** 32 - 1),
    callers: integer('callers', values.callers, 1, MOST_CALLERS),
    ...(values.rate !== undefined && { rate: integer('rate', values.rate, 1, MOST_A_SECOND) }),
    ...(values.report !== undefined && { report: values.report }),
    sabotages: (values.sabotage?.split(',') ?? []).map((name) =>
      oneOf('sabotage', name, SABOTAGES),
    ),
  };
}

function integer(flag: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= from && value <= to) return value;
  throw new RangeError(`--${flag} must be an integer from ${from} to ${to}, got ${text}`);
}

function oneOf<T extends string>(flag: string, text: string, known: readonly T[]): T {
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  throw new RangeError(`--${flag} must be one of ${known.join(', ')}, got ${text}`);
}
