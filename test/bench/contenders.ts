import { curveNamed } from './curves.ts';
import { rowName } from './rows.ts';

/** A server that can be measured: a file in `servers/` and what it is called. */
export interface Contender {
  readonly name: string;
  readonly title: string;
  /** The rows it is measured on. */
  readonly rows: readonly string[];
  /** Whose processor time the tables show its own as a share of. */
  readonly comparedWith?: string;
  /** It is Spillway at work: the bars have another colour. */
  readonly own?: boolean;
  /** Its file in `servers/`, if that is not called as it is. */
  readonly file?: string;
  /** What its file is told beside the backend's address. */
  readonly args?: readonly string[];
}

const proxyRows = ['get', 'post', 'stream', 'large'];

/** To add one: write its file, add its line. The order is the order of the tables. */
export const contenders: readonly Contender[] = [
  { name: 'express', title: 'Express 5 route, no proxy', rows: ['route', 'alone'] },
  {
    name: 'express-again',
    title: 'the same a second time: what two figures differ by when nothing differs',
    rows: ['route', 'alone'],
    comparedWith: 'express',
    file: 'express',
  },
  {
    name: 'protect-express',
    title: 'the same behind spillway.protect: gate, breaker, time limit, metrics',
    rows: ['route'],
    comparedWith: 'express',
    own: true,
  },
  {
    name: 'few-keys-express',
    title: 'the same behind spillway.limitConcurrency, by 8 keys in turn',
    rows: ['route'],
    comparedWith: 'express',
    own: true,
  },
  {
    name: 'new-key-express',
    title: 'the same, and every request has a key that was never seen before',
    rows: ['route', 'alone'],
    comparedWith: 'express',
    own: true,
  },
  {
    name: 'opossum-express',
    title: "the same, each request a call of opossum 10's fire",
    rows: ['route'],
    comparedWith: 'express',
  },
  {
    name: 'cockatiel-express',
    title: "the same, each request in cockatiel 4's bulkhead and breaker",
    rows: ['route'],
    comparedWith: 'express',
  },
  {
    name: 'overload-protection-express',
    title: "the same behind overload-protection 1's checks",
    rows: ['route'],
    comparedWith: 'express',
  },
  { name: 'fastify', title: 'Fastify 5 route, no proxy', rows: ['route'] },
  {
    name: 'under-pressure-fastify',
    title: "the same behind @fastify/under-pressure 9's checks",
    rows: ['route'],
    comparedWith: 'fastify',
  },
  { name: 'koa', title: 'Koa 3, no proxy', rows: ['route'] },
  {
    name: 'protect-koa',
    title: 'the same behind spillway.protect: gate, breaker, time limit, metrics',
    rows: ['route'],
    comparedWith: 'koa',
    own: true,
  },
  {
    name: 'nginx',
    title: 'nginx as a reverse proxy, one worker',
    rows: ['get', 'post'],
    comparedWith: 'hpm-express',
  },
  {
    name: 'haproxy',
    title: 'HAProxy as a reverse proxy, one thread',
    rows: ['get', 'post'],
    comparedWith: 'hpm-express',
  },
  {
    name: 'undici-bare',
    title: 'undici Pool.dispatch behind node:http',
    rows: ['get', 'stream', 'large'],
    comparedWith: 'hpm-express',
  },
  {
    name: 'undici-express',
    title: 'undici Pool.dispatch behind Express 5',
    rows: [...proxyRows, 'chat', ...rowsOfCurve('upload'), ...rowsOfCurve('download')],
    comparedWith: 'hpm-express',
  },
  {
    name: 'spillway-express',
    title: 'spillway.proxy behind Express 5',
    rows: [...proxyRows, 'chat', ...rowsOfCurve('upload'), ...rowsOfCurve('download')],
    comparedWith: 'hpm-express',
    own: true,
  },
  {
    name: 'dashboard-express',
    title: 'the same with its control room mounted',
    rows: ['get'],
    comparedWith: 'spillway-express',
    own: true,
  },
  {
    name: 'watched-express',
    title: 'the same with one page of it open',
    rows: ['get'],
    comparedWith: 'spillway-express',
    own: true,
  },
  {
    name: 'hpm-express',
    title: 'http-proxy-middleware 4 behind Express 5',
    rows: [...proxyRows, 'chat'],
  },
  {
    name: 'pool-hpm-express',
    title: 'the same with a pool, by @spillway/http-proxy-middleware',
    rows: proxyRows,
    comparedWith: 'hpm-express',
    own: true,
  },
  {
    name: 'fast-proxy-express',
    title: 'fast-proxy 2 behind Express 5',
    rows: ['get', 'post'],
    comparedWith: 'hpm-express',
  },
  {
    name: 'portkey',
    title: '@portkey-ai/gateway 1.15',
    rows: ['chat'],
    comparedWith: 'hpm-express',
  },
  {
    name: 'later-express',
    title: 'Express 5 route that answers one turn of the event loop later',
    rows: ['queue'],
  },
  {
    name: 'limit-express',
    title: 'the same behind spillway.limitConcurrency, 20 at once',
    rows: ['queue'],
    comparedWith: 'later-express',
    own: true,
  },
  {
    name: 'bottleneck-express',
    title: 'the same in one Bottleneck job per request, 20 at once',
    rows: ['queue'],
    comparedWith: 'later-express',
  },
  {
    name: 'undici-retry-express',
    title: 'undici behind Express 5: two dispatches by hand, the second after a 429',
    rows: rowsOfCurve('refused'),
  },
  {
    name: 'failover-express',
    title: 'spillway.proxy, without breakers: every 429 costs a second attempt',
    rows: rowsOfCurve('refused'),
    comparedWith: 'undici-retry-express',
    own: true,
  },
  {
    name: 'breaker-express',
    title: 'spillway.proxy, with breakers: a backend that is tripped is not asked',
    rows: rowsOfCurve('refused'),
    comparedWith: 'undici-retry-express',
    own: true,
    file: 'failover-express',
    args: ['breakers'],
  },
  {
    name: 'failover-hpm-express',
    title: 'a pool behind http-proxy-middleware, without breakers',
    rows: rowsOfCurve('refused'),
    comparedWith: 'undici-retry-express',
    own: true,
  },
  {
    name: 'breaker-hpm-express',
    title: 'a pool behind http-proxy-middleware, with breakers',
    rows: rowsOfCurve('refused'),
    comparedWith: 'undici-retry-express',
    own: true,
    file: 'failover-hpm-express',
    args: ['breakers'],
  },
  {
    name: 'weights-express',
    title: 'spillway.proxy, backends by weights',
    rows: rowsOfCurve('backends'),
    own: true,
    file: 'many-backends-express',
    args: ['weights'],
  },
  {
    name: 'affinity-express',
    title: 'spillway.proxy, backends by weights and 10 000 sessions in turn',
    rows: rowsOfCurve('backends'),
    own: true,
    file: 'many-backends-express',
    args: ['affinity'],
  },
  {
    name: 'keyed-gates-express',
    title: 'Express 5 route behind spillway.limitConcurrency, by key',
    rows: rowsOfCurve('keys'),
    own: true,
  },
  {
    name: 'keyed-affinity-express',
    title: 'spillway.proxy with 10 backends, affinity by key',
    rows: rowsOfCurve('keys'),
    own: true,
  },
];

/** How to start a contender's process. */
export function processOf({ name, file = name, args = [] }: Contender, backendUrl: string) {
  return { file: serverFile(file), args: [backendUrl, ...args] };
}

/** The backend is a server too, but nobody competes with it. */
export function serverFile(name: string): URL {
  return new URL(`servers/${name}.ts`, import.meta.url);
}

function rowsOfCurve(name: string): string[] {
  const curve = curveNamed(name);
  return curve.points.map((point) => rowName(curve, point));
}
