import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const SHORTEST = 10;

export interface DemoOptions {
  /** Seconds. */
  readonly duration: number;
  /** By how much one instance is used at the top of the load: 1 is a core. */
  readonly load: number;
  /** Of the load. */
  readonly seed: number;
  readonly report: string;
  /** Prints the result as JSON and nothing else. */
  readonly json: boolean;
}

/** @throws Error when an option is unknown or impossible; its message is for the user. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      duration: { type: 'string', default: '36' },
      load: { type: 'string', default: '0.5' },
      seed: { type: 'string', default: '5' },
      report: {
        type: 'string',
        default: resolve(import.meta.dirname, '../../reports/autoscale.html'),
      },
      json: { type: 'boolean', default: false },
    },
  });
  const duration = Number(values.duration);
  if (!(duration >= SHORTEST)) {
    throw new RangeError(`--duration must be at least ${SHORTEST} s, got '${values.duration}'`);
  }
  const load = Number(values.load);
  if (!(load >= 0.1 && load <= 0.9)) {
    throw new RangeError(`--load must be a number from 0.1 to 0.9, got '${values.load}'`);
  }
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`--seed must be an integer, got '${values.seed}'`);
  }
  return { duration, load, seed, report: values.report, json: values.json };
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
