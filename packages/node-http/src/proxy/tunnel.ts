import type { Duplex } from 'node:stream';

/**
 * Joins two connections: what one brings goes to the other, at the pace of its reader. The end of
 * one ends the other, a break of one breaks it.
 */
export function joinConnections(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    // A break is told by 'close', too.
    from.on('error', () => {});
    from.pipe(to);
    from.on('close', () => {
      if (from.readableEnded) to.end();
      else to.destroy();
    });
  }
}
