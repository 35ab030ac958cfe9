import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@spillway/config';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AdapterHost, HostApp, HostSpillway } from '../support/adapter-host.ts';
import { answers, startBackend } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { serveApp } from '../support/serve-app.ts';
import { until } from '../support/until.ts';

/** An application that has its options from a file, which the test writes. */
async function serveFile(
  host: AdapterHost,
  text: string,
  env: Readonly<Record<string, string>>,
  build: (app: HostApp, spillway: HostSpillway) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-conformance-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'spillway.yaml');
  writeFileSync(file, text);
  const config = await loadConfig(file, { env: () => env });
  const served = await serveApp(host, build, { config });
  const rewrite = async (next: string) => {
    writeFileSync(file, next);
    return config.reload();
  };
  return { ...served, file, rewrite };
}

/** Pools and policies by a file of `@spillway/config`, and what changes by code. */
export function describeConfiguration(host: AdapterHost): void {
  it('is given other options by code: a route, a pool, and none that is not there', async () => {
    const { origin, spillway } = await serveApp(host, (app, spillway) => {
      app.mount('/', spillway.protect({ name: 'search', concurrency: { maxCount: 1 } }));
      app.handle('/search', () => 'found');
    });
    const url = 'http://127.0.0.1:9';
    spillway.pool('chat', { backends: [{ id: 'a', url }] });
    spillway.reconfigure('search', { concurrency: { maxCount: 3 }, timeoutMs: 5_000 });
    spillway.reconfigure('chat', { backends: [{ id: 'a', url, weight: 2 }] });
    const { gates, pools } = spillway.status();
    expect([gates.search?.maxCount, pools.chat?.backends[0]?.weight]).toEqual([3, 2]);
    expect((await call(origin, '/search')).text).toBe('found');
    expect(() => spillway.reconfigure('chta', {})).toThrow(
      'reconfigure must name one of: search, chat, got "chta"',
    );
    expect(() => spillway.reconfigure('search', { concurrency: { maxCount: 0 } })).toThrow(
      'protect(search).concurrency.maxCount must be a positive integer, got 0',
    );
    await spillway.shutdown();
    expect(() => spillway.reconfigure('search', { timeoutMs: 1 })).toThrow(
      expect.objectContaining({
        code: 'conflict',
        message: 'reconfigure cannot be done after shutdown()',
      }),
    );
  });

  describe('a configuration file', () => {
    it('gives pools their backends, and other ones when it has changed', async () => {
      const [a, b] = [await startBackend(answers(200, 'a')), await startBackend(answers(200, 'b'))];
      const env: Record<string, string> = { KEY: 'first' };
      const chat = (weight: number) => `
pools:
  chat:
    backends:
      - id: a
        url: ${a.url}
        headers: { api-key: "\${KEY}" }
        weight: ${weight}
      - { id: b, url: ${b.url} }
`;
      const { origin, rewrite } = await serveFile(host, chat(1), env, (app, spillway) => {
        app.mount('/', spillway.proxy(spillway.pool('chat')));
      });
      for (let count = 0; count < 4; count++) await call(origin, '/');
      expect([a.received.length, b.received.length]).toEqual([2, 2]);
      env.KEY = 'second';
      expect(await rewrite(chat(3))).toEqual({ changed: ['pool(chat)'] });
      for (let count = 0; count < 8; count++) await call(origin, '/');
      expect([a.received.length, b.received.length]).toEqual([8, 4]);
      const keys = new Set(a.received.map(({ headers }) => headers['api-key']));
      expect([...keys]).toEqual(['first', 'second']);
    });

    it('gives routes their limits, and is refused as a whole when it is wrong', async () => {
      const limit = (maxCount: number | string, rejectStatus = 429) =>
        `limitConcurrency:\n  reports: { maxCount: ${maxCount}, rejectStatus: ${rejectStatus} }\n`;
      let letGo = () => {};
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const { origin, rewrite, spillway, file } = await serveFile(
        host,
        limit(1),
        {},
        (app, spillway) => {
          app.mount('/', spillway.limitConcurrency({ name: 'reports' } as never));
          app.handle('/reports', async () => {
            await held;
            return 'done';
          });
        },
      );
      const running = () => spillway.status().gates.reports?.running;
      const first = call(origin, '/reports');
      await until(() => expect(running()).toBe(1));
      expect((await call(origin, '/reports')).status).toBe(429);
      await expect(rewrite(limit('many', 503))).rejects.toThrow(
        `${file}:2:24: limitConcurrency(reports).maxCount must be a positive integer, got "many"`,
      );
      expect((await call(origin, '/reports')).status).toBe(429);
      await rewrite(limit(2, 503));
      const second = call(origin, '/reports');
      await until(() => expect(running()).toBe(2));
      expect((await call(origin, '/reports')).status).toBe(503);
      letGo();
      expect((await Promise.all([first, second])).map(({ text }) => text)).toEqual([
        'done',
        'done',
      ]);
    });
  });
}
