import { parseArgs } from 'node:util';

const FASTEST = 60;
export const ACTS = ['good', 'failing', 'slow', 'shadows'] as const;
export type Act = (typeof ACTS)[number];

export interface DemoOptions {
  /** Times as fast; 1 is real time. */
  readonly speed: number;
  /** Of the load, the failures and Spillway's own draws. */
  readonly seed: number;
  readonly acts: readonly Act[];
  /** Prints the result as JSON and nothing else. */
  readonly json: boolean;
}

/** @throws Error when an option is unknown or impossible; its message is for the user. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      speed: { type: 'string', default: '30' },
      seed: { type: 'string', default: '5' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const speed = Number(values.speed);
  if (!(speed >= 1 && speed <= FASTEST)) {
    throw new RangeError(`--speed must be a number from 1 to ${FASTEST}, got '${values.speed}'`);
  }
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`--seed must be an integer, got '${values.seed}'`);
  }
  const acts = ACTS.filter((act) => values.only === undefined || values.only === act);
  if (acts.length === 0) {
    throw new RangeError(`--only must be one of ${ACTS.join(', ')}, got '${values.only}'`);
  }
  return { speed, seed, acts, json: values.json };
}

/** As {@link readOptions}, but what is wrong is told to the user, and the process ends. */
export function optionsOrExit(args: readonly string[]): DemoOptions {
  try {
    return readOptions(args);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}
