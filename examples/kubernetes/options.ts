import { parseArgs } from 'node:util';
import { parse } from 'yaml';

const MOST_A_SECOND = 200;
const LONGEST_MINUTES = 60;

export interface DemoOptions {
  /** Requests a second in the burst. */
  readonly rate: number;
  /** How long the burst lasts. */
  readonly minutes: number;
  /** Values of the chart that are changed, by path. */
  readonly set: Readonly<Record<string, unknown>>;
  /** Prints the recording as JSON and nothing else. */
  readonly json: boolean;
}

/** @throws Error when an option is unknown or impossible; its message is for the user. */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string', default: '30' },
      minutes: { type: 'string', default: '4' },
      set: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    rate: numberUpTo(MOST_A_SECOND, '--rate', values.rate),
    minutes: numberUpTo(LONGEST_MINUTES, '--minutes', values.minutes),
    set: Object.fromEntries(values.set.map(assignment)),
    json: values.json,
  };
}

function numberUpTo(most: number, name: string, text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= most) return value;
  throw new RangeError(`${name} must be a number from 1 to ${most}, got '${text}'`);
}

function assignment(text: string): [path: string, value: unknown] {
  const [, path, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (path === undefined || value === undefined) {
    throw new Error(`--set must be a value of the chart, as path=value, got '${text}'`);
  }
  return [path, parse(value)];
}
