import { chatPath, chatRequest } from './requests.ts';
import type { Request, Section } from './rows.ts';

/** Rows that differ in one number: how the cost of a request grows with it. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  readonly section: Section;
  /** What the numbers count. */
  readonly pointTitle: string;
  readonly points: readonly number[];
  /** How a number is written where there is little room. */
  labelOf(point: number): string;
  /** What is asked for there. */
  requestOf(point: number): Request;
  /** What beside µs shows whether it grows. */
  readonly measure: 'times the first' | 'µs more for each KiB';
}

const kibi = 1024;
const sizes = [0, 1, 10, 100, 1_024, 10_240].map((count) => count * kibi);
const powers = [1, 10, 100, 1_000, 10_000, 100_000];
/** So few that those cut off by the end of a window are few among those that were served. */
const bodyConnections = 4;

export const curves: readonly Curve[] = [
  {
    name: 'refused',
    title: 'POST through a proxy whose first backend refuses a share with 429',
    section: 'failure',
    pointTitle: '% refused',
    points: [0, 50, 100],
    labelOf: (percent) => `${percent} %`,
    requestOf: (percent) => ({
      method: 'POST',
      path: chatPath,
      mount: `/refused-${percent}`,
      body: chatRequest,
    }),
    measure: 'times the first',
  },
  {
    name: 'backends',
    title: 'GET through a pool of many backends',
    section: 'growth',
    pointTitle: 'backends',
    points: [3, 10, 30, 100, 300, 1_000],
    labelOf: grouped,
    requestOf: (count) => ({ method: 'GET', path: chatPath, mount: `/backends-${count}` }),
    measure: 'times the first',
  },
  {
    name: 'keys',
    title: 'GET with one of many keys, each in its turn',
    section: 'growth',
    pointTitle: 'keys',
    points: powers,
    labelOf: grouped,
    requestOf: (count) => ({ method: 'GET', path: chatPath, mount: `/keys-${count}` }),
    measure: 'times the first',
  },
  {
    name: 'upload',
    title: 'POST of a body through a proxy',
    section: 'growth',
    pointTitle: 'bytes sent',
    points: sizes,
    labelOf: inBytes,
    requestOf: (bytes) => ({
      method: 'POST',
      path: chatPath,
      body: { bytes },
      connections: bodyConnections,
      sessions: 1,
    }),
    measure: 'µs more for each KiB',
  },
  {
    name: 'download',
    title: 'GET of a body through a proxy',
    section: 'growth',
    pointTitle: 'bytes received',
    points: sizes,
    labelOf: inBytes,
    requestOf: (bytes) => ({
      method: 'GET',
      path: `/v1/bytes/${bytes}`,
      connections: bodyConnections,
    }),
    measure: 'µs more for each KiB',
  },
];

export function curveNamed(name: string): Curve {
  const curve = curves.find((each) => each.name === name);
  if (curve === undefined) throw new RangeError(`There is no curve '${name}'.`);
  return curve;
}

function inBytes(bytes: number): string {
  if (bytes < kibi) return `${bytes} B`;
  return bytes < kibi ** 2 ? `${bytes / kibi} KiB` : `${bytes / kibi ** 2} MiB`;
}

/** A label such as `10 000`. */
export function grouped(value: number): string {
  return value.toLocaleString('en').replaceAll(',', ' ');
}
