import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSimulator } from '@spillway/azure-openai-simulator';
import type { Snapshot } from '@spillway/dashboard';
import { startDemo as startDemoOf } from '@spillway/test/support/demo.ts';
import { childrenOf, isAlive } from '@spillway/test/support/processes.ts';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGateway } from './gateway.ts';
import type { Result } from './result.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spillover-'));
});
afterEach(() => rm(folder, { recursive: true }));

const startDemo = (...flags: string[]) =>
  startDemoOf(import.meta.dirname, ['--report', join(folder, 'report.html'), ...flags]);

it('spills the spike over to PAYG, and no caller sees a 429', { timeout: 40_000 }, async () => {
  const { code, output, errors } = await startDemo('--duration', '10', '--json').ended;
  expect(errors).toBe('');
  const result = JSON.parse(output) as Result;
  expect(result.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(code).toBe(0);

  const { callers, ptu1, payg1, gateway, series } = result;
  expect(callers).toMatchObject({ throttled: 0, failed: 0 });
  expect(callers.streamed).toBeGreaterThan(callers.requests / 5);
  expect(payg1.servedBeforeSpike).toBe(0);
  expect(ptu1.refused).toBeGreaterThan(10);
  expect(gateway.trips).toBeGreaterThan(0);
  expect(gateway.spillovers).toBe(payg1.served);
  expect(payg1.served).toBeGreaterThan(20);
  // Three minutes with a full quota, less what a busy machine lost.
  expect(ptu1.served - ptu1.servedBeforeSpike).toBeGreaterThan(200);
  expect(callers.latencyMs.p50).toBeGreaterThan(5);
  expect(callers.latencyMs.p99).toBeGreaterThanOrEqual(callers.latencyMs.p95);
  const half = series.payg1.length / 2;
  expect(Math.max(...series.payg1.slice(0, half))).toBe(0);
  expect(Math.max(...series.refusedToCallers)).toBe(0);

  const report = await readFile(join(folder, 'report.html'), 'utf8');
  expect(report.match(/<svg/g)).toHaveLength(3);
  expect(report).toContain(`<td>${payg1.served}</td>`);
  expect(report).not.toMatch(/https?:|src=|href=|@import|NaN|undefined/);
});

it('shows in its README the gateway that it runs', async () => {
  const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  expect(await read('README.md')).toContain(`\`\`\`ts\n${await read('gateway.ts')}\`\`\``);
});

it('ends its processes when it is interrupted', { timeout: 30_000 }, async () => {
  const { child, ended } = startDemo('--duration', '60');
  await expect.poll(() => childrenOf(child.pid as number), { timeout: 10_000 }).toHaveLength(3);
  const children = childrenOf(child.pid as number);
  child.kill('SIGINT');
  const { code, errors } = await ended;
  expect(errors).toContain('ended by SIGINT');
  expect(code).toBe(130);
  expect(children.filter(isAlive)).toEqual([]);
});

it('goes on with --open-end, tells where its control room is, and ends cleanly', {
  timeout: 30_000,
}, async () => {
  const { child, output, ended } = startDemo('--duration', '2', '--open-end');
  const shown = /Control room: (http:\/\/127\.0\.0\.1:\d+)(\/control-room\?key=\S+)/;
  await expect.poll(output, { timeout: 10_000 }).toMatch(shown);
  const [, origin = '', path = ''] = shown.exec(output()) ?? [];
  const children = childrenOf(child.pid as number);
  expect(children).toHaveLength(3);

  const enter = (url: string, headers = {}) => fetch(url, { headers, redirect: 'manual' });
  const first = await enter(`${origin}${path}`);
  expect([first.status, first.headers.get('location')]).toEqual([303, '/spillway/']);
  const [cookie = ''] = first.headers.getSetCookie();
  expect(cookie).toMatch(/; Path=\/spillway; HttpOnly; SameSite=Strict$/);
  const key = { cookie: cookie.split(';')[0] as string };
  const ptu1 = async () => {
    const { status } = (await (await enter(`${origin}/spillway/status`, key)).json()) as Snapshot;
    return status.pools.chat?.backends[0]?.attempts.success ?? 0;
  };
  await expect.poll(ptu1, { timeout: 10_000 }).toBeGreaterThan(0);
  for (const stranger of [{}, { cookie: 'control-room-key=guessed' }]) {
    expect((await enter(`${origin}/spillway/status`, stranger)).status).toBe(403);
  }

  // A page that is open does not keep the gateway from ending by itself.
  const stream = await enter(`${origin}/spillway/stream`, key);
  child.kill('SIGTERM');
  const { code, errors } = await ended;
  expect([code, errors.trim()]).toEqual([0, 'ended by SIGTERM']);
  expect(children.filter(isAlive)).toEqual([]);
  await stream.body?.cancel();
});

it('gives each deployment its own key and the same bytes', async () => {
  const ptu = createSimulator({ region: 'ptu1', apiKey: 'ptu-key', refuse: [429] });
  const payg = createSimulator({ region: 'payg1', apiKey: 'payg-key' });
  const { app, spillway } = createGateway({
    ptu: { url: `${await ptu.listen()}/openai`, key: 'ptu-key' },
    payg: { url: `${await payg.listen()}/openai`, key: 'payg-key' },
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const baseURL = `http://127.0.0.1:${port}/openai/v1`;
    const client = new OpenAI({ baseURL, apiKey: 'caller-key', maxRetries: 0 });
    const ask = () =>
      client.chat.completions
        .create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Is the lake full?' }] })
        .withResponse();
    expect((await ask()).response.headers.get('x-ms-region')).toBe('payg1');
    expect((await ask()).response.headers.get('x-ms-region')).toBe('ptu1');

    const [refused] = ptu.stats().records;
    const [served] = payg.stats().records;
    expect(refused).toMatchObject({ status: 429, headers: { 'api-key': 'ptu-key' } });
    expect(served).toMatchObject({ status: 200, headers: { 'api-key': 'payg-key' } });
    expect(served?.bodySha256).toBe(refused?.bodySha256);
    expect(JSON.stringify(served?.headers)).not.toMatch(/ptu-key|caller-key/);
    expect(JSON.stringify(refused?.headers)).not.toMatch(/payg-key|caller-key/);
  } finally {
    await spillway.shutdown({ server });
    await Promise.all([ptu.close(), payg.close()]);
  }
});
