import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A version of a backend: it takes its time, and sees how many requests it has at once. */
export async function startVersion(workMs: number) {
  let atOnce = 0;
  const seen = { requests: 0, most: 0 };
  const server = createServer((_request, response) => {
    seen.requests++;
    seen.most = Math.max(seen.most, ++atOnce);
    response.once('close', () => atOnce--);
    setTimeout(() => response.end('done'), workMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, close: () => server.close() };
}
