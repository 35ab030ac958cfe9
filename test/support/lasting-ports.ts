import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * From above systems give ports to those who ask for any, outgoing connections too: one of those may
 * be gone at any moment, and a connection to it may even come from itself.
 */
const LOWEST = 20_000;
/** From here on are those of processScaler's instances. */
const HIGHEST = 23_999;

/** One port that stays free while nobody listens on it. */
export async function lastingPort(): Promise<number> {
  const [port] = (await lastingPorts(1)) as [number];
  return port;
}

/** Ports that stay free while nobody listens on them: a backend that starts anew has its old one. */
export async function lastingPorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  // Where it begins is drawn, so that those who start together seldom meet.
  let port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
  for (let tried = 0; ports.length < count; tried += 1) {
    if (tried > HIGHEST - LOWEST) throw new Error(`no ${count} free ports below ${HIGHEST}`);
    if (await isFree(port)) ports.push(port);
    port = port === HIGHEST ? LOWEST : port + 1;
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}
