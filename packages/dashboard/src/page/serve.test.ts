import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from '@spillway/test/support/caller.ts';
import { expect, it, onTestFinished } from 'vitest';
import type { Asset } from './assets.ts';
import { IMMUTABLE, sendAsset } from './serve.ts';

const asset: Asset = {
  type: 'text/javascript; charset=utf-8',
  identity: Buffer.from('as it is'),
  br: Buffer.from('by brotli'),
  gzip: Buffer.from('by gzip'),
};

async function start(): Promise<string> {
  const server = createServer((request, response) => {
    sendAsset(request, response, asset, request.url === '/hashed' ? IMMUTABLE : {});
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  ['gzip, deflate, br, zstd', 'br', 'by brotli'],
  ['gzip;q=1.0, br;q=0', 'gzip', 'by gzip'],
  ['br;q=0.5', 'br', 'by brotli'],
  ['deflate', undefined, 'as it is'],
  ['br;q=0.0, gzip;q=0', undefined, 'as it is'],
  ['', undefined, 'as it is'],
])('sends who takes %j a file in %s', async (accepted, coding, text) => {
  const answer = await call(await start(), '/', { headers: { 'accept-encoding': accepted } });
  expect([answer.headers['content-encoding'], answer.text]).toEqual([coding, text]);
  expect(answer.headers.vary).toBe('accept-encoding');
});

it('has files kept whose name says what is in them, and no others', async () => {
  const origin = await start();
  const hashed = await call(origin, '/hashed');
  expect(hashed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const page = await call(origin, '/');
  expect(page.headers['cache-control']).toBe('no-store');
  for (const { headers } of [hashed, page]) {
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  }
});

it('sends the head alone where that is asked for', async () => {
  const answer = await call(await start(), '/', { method: 'HEAD' });
  expect([answer.headers['content-length'], answer.text]).toEqual(['8', '']);
});
