import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { Logger } from '@spillway/core';
import { Engine } from '@spillway/node-http';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { until } from '@spillway/test/support/until.ts';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ConfigurationFileError } from './configuration-file-error.ts';
import { type LoadConfigOptions, loadConfig } from './load-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'spillway-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

interface Told {
  readonly level: keyof Logger;
  readonly message: string;
  readonly details: object | undefined;
}

/** A file, and an engine that follows it. */
async function following(text: string, options: LoadConfigOptions = {}) {
  const file = join(folder, `${++files}.yaml`);
  await writeFile(file, text);
  const config = await loadConfig(file, options);
  const told: Told[] = [];
  const note = (level: keyof Logger) => (message: string, details?: object) =>
    void told.push({ level, message, details });
  const logger = { info: note('info'), warn: note('warn'), error: note('error') };
  const clock = new FakeClock();
  const engine = new Engine({ config, logger, clock });
  onTestFinished(async () => {
    await engine.shutdown({ timeoutMs: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
  const rewrite = async (next: string) => {
    await writeFile(file, next);
    return config.reload();
  };
  const problem = async (next: string) => {
    const error: unknown = await rewrite(next).catch((thrown) => thrown);
    return (error as ConfigurationFileError).message.replace(file, 'spillway.yaml');
  };
  return { file, config, engine, clock, told, rewrite, problem };
}

const chat = (weight: number, more = '') => `
pools:
  chat:
    backends:
      - { id: a, url: http://a.test, weight: ${weight} }
      - { id: b, url: http://b.test }
${more}`;
const reports = (maxCount: number) =>
  `limitConcurrency:\n  reports: { maxCount: ${maxCount}, maxQueueLength: 9 }\n`;

describe('options', () => {
  it('of pools and routes come from the file, by name', async () => {
    const { engine } = await following(
      chat(
        3,
        `${reports(2)}circuitBreaker:\n  flaky: { failureCount: 4 }\nprotect:\n  search: { timeoutMs: 5 }\n`,
      ),
    );
    const pool = engine.pool('chat');
    const limit = engine.route('limitConcurrency', { name: 'reports' });
    const breaker = engine.route('circuitBreaker', { name: 'flaky' });
    const protect = engine.route('protect', { name: 'search' });
    expect(pool.status().backends.map(({ id, weight }) => [id, weight])).toEqual([
      ['a', 3],
      ['b', 1],
    ]);
    expect(limit.gate?.maxCount).toBe(2);
    expect(breaker.breaker?.rule.failureCount).toBe(4);
    expect(protect.times?.durationMs).toBe(5);
  });

  it('that only code can give stand beside those of the file, also when it changes', async () => {
    const file = (maxCount: number) => `
pools:
  search:
    backends:
      - { id: now, weight: ${maxCount} }
      - { id: new }
${reports(maxCount)}`;
    const { engine, rewrite } = await following(file(1));
    const handler = () => {};
    const key = () => 'k';
    const pool = engine.pool('search', {
      affinity: { key },
      backends: [
        { id: 'new', handler },
        { id: 'now', handler },
      ],
    });
    const limit = engine.route('limitConcurrency', {
      name: 'reports',
      key,
      priority: () => 0,
    } as never);
    expect(pool.backends.map(({ config }) => [config.id, config.handler])).toEqual([
      ['now', handler],
      ['new', handler],
    ]);
    await rewrite(file(2));
    expect(limit.gate?.config).toMatchObject({ maxCount: 2, key });
    expect(pool.backends[0]?.weight).toBe(2);
    expect(pool.config.affinity).toBeDefined();
  });

  it('may be those of the code alone, under a name that the file does not have', async () => {
    const { engine, config } = await following(reports(2));
    const own = engine.route('limitConcurrency', { name: 'own', maxCount: 5 } as never);
    const unnamed = engine.route('limitConcurrency', { maxCount: 6 } as never);
    await config.reload();
    expect([own.gate?.maxCount, unnamed.gate?.maxCount]).toEqual([5, 6]);
  });

  it.each<[what: string, use: (engine: Engine) => unknown, message: string]>([
    [
      'a name that is not there',
      (engine) => engine.pool('chta'),
      "2:1: pool(chta) is not in the file, which under 'pools' has: chat",
    ],
    [
      'a name of another call',
      (engine) => engine.route('protect', { name: 'reports' }),
      '8:3: limitConcurrency(reports) is what the file has of that name, and not protect(reports)',
    ],
    [
      'an option on both sides',
      (engine) => engine.route('limitConcurrency', { name: 'reports', maxCount: 1 } as never),
      '8:24: limitConcurrency(reports).maxCount is given twice: in the code, and here in spillway.yaml',
    ],
    [
      'an option of a backend on both sides',
      (engine) => engine.pool('chat', { backends: [{ id: 'b', weight: 2, url: 'http://b.test' }] }),
      '6:23: pool(chat).backends[1].url is given twice: in the code, and here in spillway.yaml',
    ],
    [
      'a backend of the code',
      (engine) => engine.pool('chat', { backends: [{ id: 'c', handler: () => {} }] }),
      '4:5: pool(chat).backends has no backend "c", which the code gives options of; it has: a, b',
    ],
    [
      'a backend of the code twice',
      (engine) => engine.pool('chat', { backends: [{ id: 'b' }, { id: 'b', maxCount: 2 }] }),
      '4:5: pool(chat).backends has one backend "b", which the code gives options of twice',
    ],
    [
      'a wrong option of the code',
      (engine) => engine.pool('chat', { apdexMs: 0 }),
      '3:3: pool(chat).apdexMs must be a finite number of milliseconds above 0, got 0',
    ],
  ])('are refused: %s', async (_what, use, message) => {
    const { engine, file } = await following(chat(1, reports(2)));
    let thrown: unknown;
    try {
      use(engine);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as Error).message.replaceAll(file, 'spillway.yaml')).toBe(
      `spillway.yaml:${message}`,
    );
    expect(engine.status().pools).toEqual({});
  });

  it('belong to one createSpillway', async () => {
    const { config } = await following(reports(1));
    expect(() => new Engine({ config })).toThrow(
      'createSpillway.config belongs to another createSpillway',
    );
  });
});

describe('a changed file', () => {
  it('is applied as a whole, and touches nothing that has not changed', async () => {
    const { engine, rewrite, told, file } = await following(chat(1, reports(1)));
    const pool = engine.pool('chat');
    const limit = engine.route('limitConcurrency', { name: 'reports' });
    pool.setTraffic({ a: 0.1, b: 0.9 });
    expect(await rewrite(chat(1, reports(5)))).toEqual({ changed: ['limitConcurrency(reports)'] });
    expect(limit.gate?.maxCount).toBe(5);
    expect(pool.backends.map(({ weight }) => weight)).toEqual([0.1, 0.9]);
    await rewrite(chat(4, reports(5)));
    expect(pool.backends.map(({ weight }) => weight)).toEqual([4, 1]);
    expect(await rewrite(`# a comment\n${chat(4, reports(5))}`)).toEqual({ changed: [] });
    expect(told[0]).toEqual({
      level: 'info',
      message: 'configuration applied',
      details: { file, changed: ['limitConcurrency(reports)'] },
    });
  });

  it.each<[what: string, next: string, message: string]>([
    [
      'no YAML',
      'pools: [',
      '1:9: configuration is no YAML that can be read: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'a wrong option, in the policy that is applied last',
      chat(9, reports(0)),
      '8:24: limitConcurrency(reports).maxCount must be a positive integer, got 0',
    ],
    [
      'a pool that the code uses is missing',
      reports(9),
      '1:1: pool(chat) must stay in the file while the service runs: the code uses it',
    ],
    [
      'what cannot change while it runs',
      chat(9, 'limitConcurrency:\n  reports: { maxCount: 9, key: all }\n'),
      '8:32: limitConcurrency(reports).key cannot change while the service runs',
    ],
    ['nothing', '', '1:1: configuration must have pools or policies of routes: the file is empty'],
  ])('is refused, and all goes on as before: %s', async (_what, next, message) => {
    const { engine, problem, told, rewrite } = await following(chat(1, reports(1)));
    const pool = engine.pool('chat');
    engine.route('limitConcurrency', { name: 'reports' });
    const before = JSON.stringify(engine.status().gates) + JSON.stringify(pool.status());
    expect(await problem(next)).toBe(`spillway.yaml:${message}`);
    expect(JSON.stringify(engine.status().gates) + JSON.stringify(pool.status())).toBe(before);
    const [line, column] = message.split(':').map(Number);
    expect(told).toMatchObject([
      { level: 'error', message: 'configuration refused', details: { line, column } },
    ]);
    expect(told[0]?.details).toHaveProperty('reason', expect.stringContaining(message));
    expect(await rewrite(chat(2, reports(1)))).toEqual({ changed: ['pool(chat)'] });
  });

  it('that has gone is refused', async () => {
    const { config, file } = await following(reports(1));
    rmSync(file);
    await expect(config.reload()).rejects.toThrow(`${file}: configuration cannot be read: ENOENT`);
  });

  it.each([
    ['is too large', Buffer.alloc(1_048_577, '#'), 'must not be larger than 1048576 bytes'],
    ['is no UTF-8', Buffer.from([0xff, 0xfe, 0x00]), 'must be UTF-8'],
  ])('that %s is refused', async (_what, bytes, rule) => {
    const { config, file } = await following(reports(1));
    await writeFile(file, bytes);
    await expect(config.reload()).rejects.toThrow(rule);
  });

  it('whose environment cannot be had is refused', async () => {
    let env: () => object = () => ({});
    const { config, file, told } = await following(reports(1), { env: () => env() as never });
    env = () => {
      throw new Error('no such mount');
    };
    const message = `${file}: configuration needs an environment, and loadConfig.env failed: no such mount`;
    await expect(config.reload()).rejects.toThrow(message);
    env = () => undefined as never;
    await expect(config.reload()).rejects.toThrow('loadConfig.env gave none');
    expect(told[0]?.details).toMatchObject({ file, reason: message });
  });

  it('is read again on a signal, until the service has shut down', async () => {
    const { engine, config, file, told } = await following(reports(1));
    const limit = engine.route('limitConcurrency', { name: 'reports' });
    const before = process.listenerCount('SIGHUP');
    config.reloadOn('SIGHUP');
    await writeFile(file, reports(7));
    process.emit('SIGHUP');
    await until(() => expect(limit.gate?.maxCount).toBe(7));
    await writeFile(file, 'wrong');
    process.emit('SIGHUP');
    await until(() => expect(told.at(-1)?.message).toBe('configuration refused'));
    const ended = engine.shutdown();
    process.emit('SIGHUP');
    expect(process.listenerCount('SIGHUP')).toBe(before + 1);
    await ended;
    expect(process.listenerCount('SIGHUP')).toBe(before);
    await writeFile(file, reports(8));
    await expect(config.reload()).rejects.toThrow('configuration cannot change after shutdown()');
  });

  it('is applied in the order of the calls, one at a time', async () => {
    let loads = 0;
    const { config, engine } = await following(reports(1), {
      env: async () => {
        loads++;
        return {};
      },
    });
    engine.route('limitConcurrency', { name: 'reports' });
    const all = [config.reload(), config.reload(), config.reload()];
    expect(await Promise.all(all)).toEqual(all.map(() => ({ changed: [] })));
    expect(loads).toBe(4);
  });
});

it('tells of names that nobody uses, once all should have been made', async () => {
  const { engine, clock, told, rewrite, file } = await following(chat(1, reports(1)));
  engine.pool('chat');
  clock.advance(9_999);
  expect(told).toEqual([]);
  clock.advance(1);
  const message = 'configuration names what nobody uses';
  expect(told).toEqual([
    { level: 'warn', message, details: { file, unused: ['limitConcurrency(reports)'] } },
  ]);
  await rewrite(chat(1, `${reports(1)}protect:\n  new: { timeoutMs: 1 }\n`));
  expect(told.at(-1)).toMatchObject({ level: 'warn', details: { unused: ['protect(new)'] } });
});

it('refuses wrong options of its own without showing the environment', async () => {
  await expect(loadConfig('a.yaml', { env: 's3cret' as never })).rejects.toThrow(
    /^loadConfig.env must be an object of variables, or a function$/,
  );
  await expect(loadConfig('')).rejects.toThrow('loadConfig.file must be a non-empty string');
  await expect(loadConfig('a.yaml', { drainTimeoutMs: 0 })).rejects.toThrow(
    'loadConfig.drainTimeoutMs must be a finite number of milliseconds above 0, got 0',
  );
});

it('shows no more of itself than the name of its file', async () => {
  const { config, file } = await following(chat(1));
  expect(JSON.stringify(config)).toBe(JSON.stringify({ file }));
  expect(inspect(config, { depth: 9, showHidden: true })).toBe(`Config(${file})`);
});
