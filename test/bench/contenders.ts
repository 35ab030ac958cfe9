/** A server that can be measured: a file in `servers/` and what it is called. */
export interface Contender {
  /** Names the file too: `servers/<name>.ts`. */
  readonly name: string;
  readonly title: string;
  /** The rows it can answer; every row unless told otherwise. */
  readonly rows?: readonly string[];
}

/** To add one: write its file, add its line. The order is the order of the tables. */
export const contenders: readonly Contender[] = [
  { name: 'express', title: 'Express 5 route, no proxy', rows: ['get', 'post'] },
  { name: 'undici-bare', title: 'undici Pool.dispatch behind node:http' },
  { name: 'undici-express', title: 'undici Pool.dispatch behind Express 5' },
  { name: 'spillway-express', title: 'spillway.proxy behind Express 5' },
  { name: 'hpm-express', title: 'http-proxy-middleware 4 behind Express 5' },
];

/** The contender that the bars and the column `of …` compare with. */
export const baseline = 'hpm-express';

/** The backend is a server too, but nobody competes with it. */
export function serverFile(name: string): URL {
  return new URL(`servers/${name}.ts`, import.meta.url);
}
