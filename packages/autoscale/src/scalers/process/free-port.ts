import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/**
 * A port of this machine that nobody listens on at the moment.
 * @param isClaimed whether somebody of ours is about to listen on it
 */
export async function freePort(isClaimed: (port: number) => boolean): Promise<number> {
  for (;;) {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    if (!isClaimed(port)) return port;
  }
}
