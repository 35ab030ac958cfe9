import { once } from 'node:events';
import type { Server } from 'node:net';

/** Below lasting-ports.ts' own, and those that a system gives to whoever asks for any. */
const FIRST_PORT = 10_000;
const WORKERS = 10;
const PORTS_OF_A_WORKER = 1_000;

const worker = Number(process.env.VITEST_POOL_ID ?? 0) % WORKERS;
let used = 0;

/**
 * Has the server listen on a port of 127.0.0.1 that nobody else is given when it has closed, so that
 * those who look for it afterwards are refused. The system gives a port that is free to the next who
 * asks: another test's server, which answers.
 */
export async function listenOnOwnPort(server: Server): Promise<number> {
  const port = FIRST_PORT + worker * PORTS_OF_A_WORKER + (used++ % PORTS_OF_A_WORKER);
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return listenOnOwnPort(server);
  }
}
