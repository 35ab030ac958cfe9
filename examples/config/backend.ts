import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A backend that serves who has one of its keys, and counts the requests with each. */
export async function startBackend(...keys: string[]) {
  const accepted = new Set(keys);
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const key = String(request.headers['api-key']);
    requests.set(key, (requests.get(key) ?? 0) + 1);
    response.writeHead(accepted.has(key) ? 200 : 401).end('42');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    /** With this key, or with any. */
    requestsWith: (key?: string) =>
      key === undefined
        ? [...requests.values()].reduce((sum, count) => sum + count, 0)
        : (requests.get(key) ?? 0),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type Backend = Awaited<ReturnType<typeof startBackend>>;
