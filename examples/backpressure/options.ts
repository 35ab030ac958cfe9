import { parseArgs } from 'node:util';

/** 2 s divided by it is an operation. */
const FASTEST = 40;
const MOST_AT_ONCE = 50;

export interface DemoOptions {
  /** Times as fast as the operation of 2 s; 1 is real time. */
  readonly speed: number;
  /** Operations at once: the environment variable CONCURRENCY. */
  readonly concurrency: number;
  /** Prints the result as JSON and nothing else. */
  readonly json: boolean;
}

/** @throws Error when an option is unknown or impossible; its message is for the user. */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      speed: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
  const speed = Number(values.speed);
  if (!(speed >= 1 && speed <= FASTEST)) {
    throw new RangeError(`--speed must be a number from 1 to ${FASTEST}, got '${values.speed}'`);
  }
  const { CONCURRENCY = '1' } = env;
  const concurrency = Number(CONCURRENCY);
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_AT_ONCE)) {
    const rule = `must be an integer from 1 to ${MOST_AT_ONCE}`;
    throw new RangeError(`the environment variable CONCURRENCY ${rule}, got '${CONCURRENCY}'`);
  }
  return { speed, concurrency, json: values.json };
}

/** As {@link readOptions}, but what is wrong is told to the user, and the process ends. */
export function optionsOrExit(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions {
  try {
    return readOptions(args, env);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}
