import { Backend, Lease, Pool, type PoolOptions } from '@spillway/core';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { poolUtilisation } from './pool-utilisation.ts';
import { queueRatio } from './queue-ratio.ts';

const signal = new AbortController().signal;

describe('queueRatio', () => {
  const gates: Record<string, { queueRatio: number }> = {};
  const metric = queueRatio({ status: () => ({ gates }) }, { gate: 'reports' });

  it('is that of the gate at the moment', () => {
    gates.reports = { queueRatio: 0.5 };
    expect(metric(signal)).toBe(0.5);
    gates.reports = { queueRatio: 3 };
    expect(metric(signal)).toBe(3);
  });

  it('is an error while there is no such gate', () => {
    delete gates.reports;
    expect(() => metric(signal)).toThrow("there is no gate 'reports'");
  });

  it('refuses a gate without a name', () => {
    const wrong = { gate: '' };
    expect(() => queueRatio({ status: () => ({ gates }) }, wrong)).toThrow(
      'queueRatio.gate must be a non-empty string, got ""',
    );
  });
});

describe('poolUtilisation', () => {
  function poolOf(backends: PoolOptions['backends']) {
    const clock = new FakeClock();
    return new Pool('prices', { backends }, { clock, random: () => 0 }, (config, _, events) => {
      return new Backend(config, clock, events);
    });
  }
  const url = 'http://127.0.0.1:9';

  it('is what runs over what may run, of all backends together', () => {
    const pool = poolOf([
      { id: 'a', url, maxCount: 3 },
      { id: 'b', url, maxCount: 5 },
    ]);
    const metric = poolUtilisation(pool);
    expect(metric(signal)).toBe(0);
    const [a, b] = pool.backends as [Backend, Backend];
    for (const backend of [a, a, b]) new Lease(backend, 0);
    expect(metric(signal)).toBe(3 / 8);
  });

  it('leaves out what is being removed', async () => {
    const pool = poolOf([
      { id: 'a', url, maxCount: 4 },
      { id: 'b', url, maxCount: 4 },
    ]);
    const [a, b] = pool.backends as [Backend, Backend];
    new Lease(a, 0);
    for (let count = 0; count < 3; count++) new Lease(b, 0);
    const gone = pool.remove('b', { drain: true });
    expect(poolUtilisation(pool)(signal)).toBe(1 / 4);
    await pool.remove('b');
    await gone;
  });

  it('is an error where a backend has no limit', () => {
    const pool = poolOf([{ id: 'a', url }]);
    expect(() => poolUtilisation(pool)(signal)).toThrow("the backend 'a' has no maxCount");
  });
});
