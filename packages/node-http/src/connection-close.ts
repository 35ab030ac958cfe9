import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

const QUEUED = Symbol('spillway.queued');

/** What is told that a connection has closed. */
export interface BoundToConnection {
  connectionClosed(): void;
}

/**
 * For a response that is behind others on its connection: until Node 24 such a one is not told when
 * that closes. One listener serves all that wait there.
 */
export function onConnectionClose(
  socket: Socket & { [QUEUED]?: Set<BoundToConnection> },
  response: ServerResponse,
  bound: BoundToConnection,
): void {
  if (socket[QUEUED] === undefined) {
    const queued = new Set<BoundToConnection>();
    socket[QUEUED] = queued;
    socket.once('close', () => {
      for (const each of queued) each.connectionClosed();
    });
  }
  const queued = socket[QUEUED].add(bound);
  response.once('close', () => queued.delete(bound));
}
