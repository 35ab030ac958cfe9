/** A server that can be measured: a file in `servers/` and what it is called. */
export interface Contender {
  /** Names the file too: `servers/<name>.ts`. */
  readonly name: string;
  readonly title: string;
  /** The rows it is measured on. */
  readonly rows: readonly string[];
  /** Whose processor time the tables show its own as a share of. */
  readonly comparedWith?: string;
  /** It is Spillway at work: the bars have another colour. */
  readonly own?: boolean;
}

/** To add one: write its file, add its line. The order is the order of the tables. */
export const contenders: readonly Contender[] = [
  { name: 'express', title: 'Express 5 route, no proxy', rows: ['get', 'alone'] },
  {
    name: 'protect-express',
    title: 'the same behind spillway.protect: gate, breaker, time limit, metrics',
    rows: ['get'],
    comparedWith: 'express',
    own: true,
  },
  {
    name: 'few-keys-express',
    title: 'the same behind spillway.limitConcurrency, by 8 keys in turn',
    rows: ['get'],
    comparedWith: 'express',
    own: true,
  },
  {
    name: 'new-key-express',
    title: 'the same, and every request has a key that was never seen before',
    rows: ['get', 'alone'],
    comparedWith: 'express',
    own: true,
  },
  { name: 'koa', title: 'Koa 3, no proxy', rows: ['get'] },
  {
    name: 'protect-koa',
    title: 'the same behind spillway.protect: gate, breaker, time limit, metrics',
    rows: ['get'],
    comparedWith: 'koa',
    own: true,
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
    rows: ['get', 'post', 'stream', 'large'],
    comparedWith: 'hpm-express',
  },
  {
    name: 'spillway-express',
    title: 'spillway.proxy behind Express 5',
    rows: ['get', 'post', 'stream', 'large'],
    comparedWith: 'hpm-express',
    own: true,
  },
  {
    name: 'hpm-express',
    title: 'http-proxy-middleware 4 behind Express 5',
    rows: ['get', 'post', 'stream', 'large'],
  },
  {
    name: 'pool-hpm-express',
    title: 'the same with a pool, by @spillway/http-proxy-middleware',
    rows: ['get', 'post', 'stream', 'large'],
    comparedWith: 'hpm-express',
    own: true,
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
];

/** The backend is a server too, but nobody competes with it. */
export function serverFile(name: string): URL {
  return new URL(`servers/${name}.ts`, import.meta.url);
}
