import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Processor } from './processor.ts';

let usedMs = 0;
beforeEach(() => {
  usedMs = 0;
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => {
    return { user: usedMs * 600, system: usedMs * 400 };
  });
});
afterEach(() => void vi.restoreAllMocks());

const MINUTE = 60_000;

it('is over all of the time as long as nobody has looked before', () => {
  const processor = new Processor(1_000);
  usedMs = 150_000;
  expect(processor.status(1_000 + 5 * MINUTE)).toEqual({ useRatio: 0.5, overMs: 5 * MINUTE });
});

it('is over the last minute where it is looked at now and then', () => {
  const processor = new Processor(0);
  for (let second = 1; second <= 300; second++) {
    // Busy by a tenth, and from the fourth minute on by nine tenths.
    usedMs += second <= 180 ? 100 : 900;
    const { useRatio, overMs } = processor.status(second * 1_000);
    if (second >= 60) {
      expect(overMs).toBeGreaterThanOrEqual(MINUTE);
      expect(overMs).toBeLessThan(MINUTE + 6_000);
    }
    if (second === 180) expect(useRatio).toBeCloseTo(0.1, 9);
  }
  expect(processor.status(300_000).useRatio).toBeCloseTo(0.9, 9);
});

it('knows nothing of no time', () => {
  expect(new Processor(7).status(7)).toEqual({ useRatio: 0, overMs: 0 });
});

it('counts in seconds for Prometheus', async () => {
  const clock = new FakeClock();
  const family = new Processor(clock.now()).family(clock);
  usedMs = 2_500;
  expect(await family.collect()).toEqual([{ labels: {}, value: 2.5 }]);
});
