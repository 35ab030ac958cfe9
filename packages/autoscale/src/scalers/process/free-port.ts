import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that systems give to whoever asks for any, outgoing connections too (Linux from 32 768,
 * others from 49 152): one of those may be taken before the instance listens, and then somebody else
 * answers in its place.
 */
const LOWEST = 24_000;
const HIGHEST = 31_999;

/**
 * A port of this machine that nobody listens on at the moment, and only by chance soon.
 * @param isClaimed whether somebody of ours is about to listen on it
 * @param random from 0 up to 1: so that those who start together seldom meet
 * @throws Error when there is none
 */
export async function freePort(
  isClaimed: (port: number) => boolean,
  random: () => number = Math.random,
): Promise<number> {
  const count = HIGHEST - LOWEST + 1;
  const first = Math.floor(random() * count);
  for (let index = 0; index < count; index++) {
    const port = LOWEST + ((first + index) % count);
    // Whether it is claimed may change while it is tried.
    if ((await isFree(port)) && !isClaimed(port)) return port;
  }
  throw new Error(`no port is free from ${LOWEST} to ${HIGHEST}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await new Promise((closed) => server.close(closed));
  return true;
}
