import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from './free-port.ts';

const unclaimed = () => false;

async function listenOn(port: number, host?: string): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

it('finds a port that can be listened on', async () => {
  const port = await freePort(unclaimed);
  expect(portOf(await listenOn(port, '127.0.0.1'))).toBe(port);
});

it('finds none of those that systems give to whoever asks for any', async () => {
  for (const random of [() => 0, Math.random, () => 1 - Number.EPSILON]) {
    const port = await freePort(unclaimed, random);
    expect(port).toBeGreaterThanOrEqual(24_000);
    expect(port).toBeLessThan(32_768);
  }
});

it.each([undefined, '127.0.0.1'])('passes over one that somebody listens on: %s', async (host) => {
  const server = await listenOn(await freePort(unclaimed), host);
  const taken = portOf(server);
  const chance = (taken - 24_000 + 0.5) / 8_000;
  expect(await freePort(unclaimed, () => chance)).not.toBe(taken);
  await new Promise((closed) => server.close(closed));
  expect(await freePort(unclaimed, () => chance)).toBe(taken);
});

it('begins again at the lowest after the highest', async () => {
  const port = await freePort(
    (port) => port > 31_000,
    () => 0.999,
  );
  expect(port).toBeLessThanOrEqual(31_000);
});

it('passes over those that are claimed, and says when there is no other', async () => {
  const asked: number[] = [];
  const port = await freePort((port) => asked.push(port) < 3);
  expect(asked).toHaveLength(3);
  expect(port).toBe(asked.at(-1));
  await expect(freePort(() => true)).rejects.toThrow('no port is free from 24000 to 31999');
});

it('passes over one that is claimed while it is tried', async () => {
  const claimed = new Set<number>();
  const port = freePort(
    (port) => claimed.has(port),
    () => 0.5,
  );
  claimed.add(28_000);
  expect(await port).toBeGreaterThan(28_000);
});
