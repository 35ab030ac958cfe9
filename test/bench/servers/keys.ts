import { curveNamed } from '../curves.ts';

export const keyCounts = curveNamed('keys').points;

/** Gives one of so many keys to each request, in their turn. */
export function keysInTurn(count: number): () => string {
  let requests = 0;
  return () => `caller-${requests++ % count}`;
}
