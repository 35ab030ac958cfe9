import { parseArgs } from 'node:util';

const FASTEST = 400;

export interface DemoOptions {
  /** Times as fast as the jobs really are; 1 is real time. */
  readonly speed: number;
  /** Prints the result as JSON and nothing else. */
  readonly json: boolean;
}

/** @throws Error when an option is unknown or impossible; its message is for the user. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      speed: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
    },
  });
  const speed = Number(values.speed);
  if (!(speed >= 1 && speed <= FASTEST)) {
    throw new RangeError(`--speed must be a number from 1 to ${FASTEST}, got '${values.speed}'`);
  }
  return { speed, json: values.json };
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
