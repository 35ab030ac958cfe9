// Run by a fixture in a process of its own: backends that do harm, by path, and only by what they send.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const CHUNK = Buffer.alloc(65_536);

const server = createServer((request, response) => {
  if (request.url?.startsWith('/resets')) {
    request.socket.resetAndDestroy();
  } else if (request.url?.startsWith('/floods')) {
    const more = () => {
      while (!response.destroyed && response.write(CHUNK));
    };
    response.on('drain', more);
    more();
  }
  // Otherwise it hangs.
});
server.on('connection', (socket) => socket.on('error', () => {}));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
// Ends with whoever started it, however that ends.
process.stdin.resume().on('end', () => process.exit(0));
