import { onTestFinished } from 'vitest';
import { RedisServer } from './redis-server.ts';

/** Starts a Redis that ends with the test. */
export async function startRedis(): Promise<RedisServer> {
  const server = await RedisServer.onFreePort();
  onTestFinished(() => server.dispose());
  await server.start();
  return server;
}
