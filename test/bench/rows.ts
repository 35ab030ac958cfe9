import { type Curve, curves } from './curves.ts';
import type { Body } from './load/target.ts';
import { chatPath, chatRequest } from './requests.ts';

export const sections = ['routes', 'proxies', 'failure', 'growth'] as const;
export type Section = (typeof sections)[number];

/** What each of the connections asks for, over and over. */
export interface Request {
  readonly method: 'GET' | 'POST';
  /** As the backend sees it. */
  readonly path: string;
  /** Where contenders answer it, if not where they answer everything. */
  readonly mount?: string;
  readonly body?: Body;
  /** How many connections ask at once; {@link defaultConnections} unless told otherwise. */
  readonly connections?: number;
  /** How many values of `x-session` take turns; {@link defaultSessions} unless told otherwise. */
  readonly sessions?: number;
}

/** One workload. */
export interface Row extends Request {
  readonly name: string;
  readonly title: string;
  readonly section: Section;
  /** No goal depends closely on it: the last generation of servers runs it, for fewer rounds. */
  readonly brief?: true;
  /** It is a point of that curve. */
  readonly curve?: Curve;
}

export const defaultConnections = 50;
/** Enough that every backend has some. */
export const defaultSessions = 64;

export const rows: readonly Row[] = [
  {
    name: 'route',
    title: 'GET of a route, 1.2 KB of JSON',
    section: 'routes',
    method: 'GET',
    path: chatPath,
  },
  {
    name: 'alone',
    title: 'GET of a route, 1.2 KB of JSON, one connection',
    section: 'routes',
    method: 'GET',
    path: chatPath,
    connections: 1,
    brief: true,
  },
  {
    name: 'queue',
    title: 'GET of a route, 1.2 KB of JSON a turn later, 64 connections',
    section: 'routes',
    method: 'GET',
    path: chatPath,
    connections: 64,
    brief: true,
  },
  {
    name: 'get',
    title: 'GET through a proxy, 1.2 KB of JSON',
    section: 'proxies',
    method: 'GET',
    path: chatPath,
  },
  {
    name: 'post',
    title: 'POST of 600 bytes through a proxy, 1.2 KB of JSON',
    section: 'proxies',
    method: 'POST',
    path: chatPath,
    body: chatRequest,
  },
  {
    name: 'chat',
    title: 'the same, a chat completion, beside a gateway made for them',
    section: 'proxies',
    method: 'POST',
    path: chatPath,
    body: chatRequest,
    brief: true,
  },
  {
    name: 'stream',
    title: 'POST of 600 bytes through a proxy, 20 server-sent events, one a millisecond',
    section: 'proxies',
    method: 'POST',
    path: '/v1/stream',
    body: chatRequest,
    brief: true,
  },
  {
    name: 'large',
    title: 'GET through a proxy, 100 KiB',
    section: 'proxies',
    method: 'GET',
    path: '/v1/large',
    brief: true,
  },
  ...curves.flatMap((curve) =>
    curve.points.map((point): Row => {
      const { section, pointTitle } = curve;
      const title = `${curve.title}: ${curve.labelOf(point)} ${pointTitle}`;
      const name = rowName(curve, point);
      return { name, title, section, brief: true, curve, ...curve.requestOf(point) };
    }),
  ),
];

/** The row that is measured for a point of a curve. */
export function rowName({ name }: Pick<Curve, 'name'>, point: number): string {
  return `${name}-${point}`;
}
