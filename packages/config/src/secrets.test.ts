import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ConfigurationError, type Coordinator } from '@spillway/core';
import { Engine } from '@spillway/node-http';
import { givenCoordinator } from '@spillway/test/support/given-slots.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type LoadConfigOptions, loadConfig } from './load-config.ts';

const CANARY = 'c4n4ry-0f-the-mine';
/** As a URL shows it, too. */
const SHOWN = /c4n4ry/i;

const folder = mkdtempSync(join(tmpdir(), 'spillway-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'spillway.yaml');

/** Every option that a file may have, once at least. */
const breaker = {
  failurePercentage: 50,
  minimumRequests: 5,
  intervalMs: 1_000,
  statusCodes: [429, '500-599'],
  tripDurationMs: 1_000,
  acceptRetryAfter: true,
  maxTripDurationMs: 9_000,
};
const gate = {
  maxCount: 2,
  maxQueueLength: 3,
  timeoutMs: 400,
  key: 'all',
  maxKeys: 9,
  rejectStatus: 503,
};
const everything = {
  pools: {
    chat: {
      backends: [
        {
          id: 'ptu',
          url: 'https://ptu.test/openai',
          priority: 1,
          weight: 2,
          headers: { 'api-key': 'k', 'x-other': 'o' },
          breaker,
          maxCount: 4,
        },
        { id: 'payg', url: 'https://payg.test', breaker: false },
      ],
      balance: 'weighted',
      affinity: {
        cookie: { name: 'sticky', maxAgeMs: 5, path: '/', domain: 'a.test', secure: true },
      },
      breaker: { failureCount: 3 },
      retry: { statusCodes: [429], maxAttempts: 2, maxBodyBytes: 100, unsafe: false },
      timeouts: { connectMs: 1, headersMs: 2, bodyMs: 3, callerMs: 14 },
      queue: { maxQueueLength: 4, timeoutMs: 5 },
      apdexMs: 6,
    },
    other: { backends: [{ id: 'a', url: 'http://a.test' }], affinity: { header: 'x-key' } },
  },
  limitConcurrency: { reports: { ...gate, abandonMs: 7, apdexMs: 8 } },
  circuitBreaker: { flaky: { ...breaker, timeoutMs: 9, apdexMs: 10 } },
  protect: { search: { concurrency: gate, breaker, timeoutMs: 11, abandonMs: 12, apdexMs: 13 } },
};

type Path = readonly (string | number)[];

/** The path of everything that is not the whole. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  const children = Array.isArray(value)
    ? value.map((item, index) => pathsOf(item, [...path, index]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, item]) => pathsOf(item, [...path, name]))
      : [];
  return [...(path.length === 0 ? [] : [path]), ...children.flat()];
}

function withAt(path: Path, value: unknown): object {
  const copy = structuredClone(everything) as unknown;
  const parent = path.slice(0, -1).reduce((at, key) => (at as never)[key] as unknown, copy);
  (parent as Record<string | number, unknown>)[path.at(-1) as string | number] = value;
  return copy as object;
}

/** All that anybody may look at. */
const seen: string[] = [];
const note = (...what: unknown[]) => {
  for (const each of what) {
    const json = each instanceof Error ? '' : JSON.stringify(each);
    seen.push(`${inspect(each, { depth: 12, showHidden: true })} ${json}`);
  }
};
const logger = { info: note, warn: note, error: note };

/** Loads, uses everything, and loads again; gives whether the file was accepted. */
async function use(contents: object, coordinator?: Coordinator): Promise<boolean> {
  writeFileSync(file, stringify(everything));
  const options: LoadConfigOptions = { env: { CANARY } };
  const config = await loadConfig(file, options);
  const engine = new Engine({ config, logger, coordinator });
  const pools = ['chat', 'other'].map((name) => engine.pool(name));
  const routes = [
    engine.route('limitConcurrency', { name: 'reports' }),
    engine.route('circuitBreaker', { name: 'flaky' }),
    engine.route('protect', { name: 'search' }),
  ];
  writeFileSync(file, stringify(contents));
  let accepted = true;
  for (const load of [() => config.reload(), () => loadConfig(file, options)]) {
    try {
      note(await load());
    } catch (error) {
      accepted = false;
      expect(error).toBeInstanceOf(ConfigurationError);
      note(error, { ...(error as Error) }, (error as Error).stack, String(error));
    }
  }
  note(config, engine.status(), await engine.registry.metrics(), ...routes);
  for (const pool of pools)
    note(
      pool.status(),
      pool.backends.map((backend) => backend.status()),
    );
  note(engine.pools, engine.routes);
  await engine.shutdown({ timeoutMs: 0 });
  return accepted;
}

describe('what comes from the environment is not shown', () => {
  it.each([
    ['the whole value', '${CANARY}'],
    ['a part of it', 'https://${CANARY}.test/${CANARY}'],
    ['a part of what is no value at all', 'ftp://user:${CANARY}@a b?x=${CANARY}'],
  ])('wherever it stands: %s', async (_what, template) => {
    const outcome = { accepted: 0, refused: 0 };
    for (const path of pathsOf(everything)) {
      seen.length = 0;
      const accepted = await use(withAt(path, template));
      outcome[accepted ? 'accepted' : 'refused']++;
      for (const text of seen) expect(text, path.join('.')).not.toMatch(SHOWN);
      expect(seen.length).toBeGreaterThan(5);
    }
    expect(outcome.accepted).toBeGreaterThan(1);
    expect(outcome.refused).toBeGreaterThan(60);
  });

  it('where a status shows a URL: the reference stands for it', async () => {
    const url = 'https://${CANARY}.test/${CANARY}';
    writeFileSync(file, stringify(withAt(['pools', 'chat', 'backends', 0, 'url'], url)));
    const config = await loadConfig(file, { env: { CANARY } });
    const engine = new Engine({ config });
    const pool = engine.pool('chat');
    expect(pool.status().backends[0]?.url).toBe(url);
    expect(pool.backends[0]?.config.url?.hostname).toBe(`${CANARY}.test`);
    await engine.shutdown({ timeoutMs: 0 });
  });

  it('to other instances', async () => {
    const { coordinator } = givenCoordinator();
    const summaries: unknown[] = [];
    const traffic: Coordinator['traffic'] = (_pool, summary) => {
      summaries.push(summary);
      return { publish: (change) => summaries.push(change), close() {} };
    };
    const path = ['pools', 'chat', 'backends', 1, 'url'];
    writeFileSync(file, stringify(withAt(path, 'https://${CANARY}.test')));
    const config = await loadConfig(file, { env: { CANARY } });
    const engine = new Engine({ config, coordinator: { ...coordinator, traffic } });
    engine.pool('chat');
    await engine.shutdown({ timeoutMs: 0 });
    expect(JSON.stringify(summaries)).toContain('${CANARY}');
    expect(JSON.stringify(summaries)).not.toMatch(SHOWN);
  });
});
