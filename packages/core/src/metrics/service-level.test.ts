import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ServiceLevel } from './service-level.ts';

const T = 500;

it('takes callers for satisfied up to T, for tolerating up to four times T, then for frustrated', () => {
  const level = new ServiceLevel(T, 0);
  for (const durationMs of [0, T, T + 1, 4 * T, 4 * T + 1]) level.observe(durationMs, false, 0);
  expect(level.counts).toEqual({ satisfied: 2, tolerating: 2, frustrated: 1 });
  expect(level.failed).toBe(0);
  expect(level.status(0).apdex).toBe((2 + 2 / 2) / 5);
});

it('takes a caller whose request failed for frustrated, however soon it was told', () => {
  const level = new ServiceLevel(T, 0);
  level.observe(1, true, 0);
  level.observe(1, false, 0);
  expect(level.counts).toEqual({ satisfied: 1, tolerating: 0, frustrated: 1 });
  expect(level.status(0)).toEqual({
    total: 2,
    failed: 1,
    requestsPerMinute: (2 * 60) / 55,
    failureRatio: 0.5,
    meanMs: 1,
    apdex: 0.5,
    apdexMs: T,
  });
});

it('knows nothing of a minute without requests, and forgets none of its counts', () => {
  const level = new ServiceLevel(T, 1_000);
  expect(level.status(1_000)).toEqual({ total: 0, failed: 0, requestsPerMinute: 0, apdexMs: T });
  level.observe(100, true, 1_000);
  expect(level.status(60_999).failureRatio).toBe(1);
  expect(level.status(61_000)).toEqual({ total: 1, failed: 1, requestsPerMinute: 0, apdexMs: T });
});

it('tells the rate of steady requests within a tenth, once a minute is over', () => {
  const level = new ServiceLevel(T, 0);
  for (let now = 0; now <= 300_000; now += 250) {
    level.observe(60, false, now);
    if (now >= 60_000) {
      const { requestsPerMinute, meanMs, apdex } = level.status(now);
      expect(requestsPerMinute).toBeGreaterThan(240 * 0.9);
      expect(requestsPerMinute).toBeLessThan(240 * 1.1);
      expect([meanMs, apdex]).toEqual([60, 1]);
    }
  }
  expect(level.durations.sumSeconds).toBeCloseTo(0.06 * 1_201, 6);
});

it('agrees with a list of all requests', () => {
  const request = fc.record({
    afterMs: fc.oneof(fc.nat(3_000), fc.nat(200_000)),
    durationMs: fc.nat(3_000),
    failed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 60 }), fc.nat(100_000), (requests, restMs) => {
      const level = new ServiceLevel(T, 0);
      let now = 0;
      const all = requests.map(({ afterMs, ...each }) => {
        now += afterMs;
        level.observe(each.durationMs, each.failed, now);
        return { ...each, at: now };
      });
      now += restMs;
      const from = (Math.floor(now / 5_000) - 11) * 5_000;
      const recent = all.filter(({ at }) => at >= from);
      const good = recent.filter(({ failed }) => !failed);
      const satisfied = good.filter(({ durationMs }) => durationMs <= T).length;
      const tolerating = good.filter(({ durationMs }) => durationMs <= 4 * T).length - satisfied;
      const status = level.status(now);
      expect(status.total).toBe(all.length);
      expect(status.failed).toBe(all.filter(({ failed }) => failed).length);
      expect(status.requestsPerMinute).toBeCloseTo((recent.length * 60_000) / (now - from), 9);
      if (recent.length === 0) {
        expect(status.apdex).toBeUndefined();
        return;
      }
      const totalMs = recent.reduce((sum, { durationMs }) => sum + durationMs, 0);
      expect(status.apdex).toBeCloseTo((satisfied + tolerating / 2) / recent.length, 9);
      expect(status.failureRatio).toBeCloseTo(1 - good.length / recent.length, 9);
      expect(status.meanMs).toBeCloseTo(totalMs / recent.length, 6);
    }),
  );
});
