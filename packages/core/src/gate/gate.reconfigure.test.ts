import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { arrive, arriveInRow, scriptedRoute } from '@spillway/test/support/scripted-passage.ts';
import Bottleneck from 'bottleneck';
import { expect, it, onTestFinished, vi } from 'vitest';

const gate = { maxCount: 2, maxQueueLength: 10, timeoutMs: 1_000 };

it('lets those run who wait as soon as it is wider', () => {
  const policy = scriptedRoute('limitConcurrency', gate);
  const passages = arriveInRow(policy, 6);
  policy.reconfigure({ ...gate, maxCount: 5 });
  expect(passages.map(({ isAtWork }) => isAtWork)).toEqual([true, true, true, true, true, false]);
  expect(policy.gateStatus()).toMatchObject({ maxCount: 5, running: 5, waiting: 1 });
});

it('lets nobody in, once it is narrower, before there is room again', () => {
  const policy = scriptedRoute('limitConcurrency', { ...gate, maxCount: 4 });
  const running = arriveInRow(policy, 4);
  policy.reconfigure({ ...gate, maxCount: 2 });
  const waiting = arrive(policy);
  running[0]?.completed(200);
  running[1]?.completed(200);
  expect(running[2]?.isAtWork).toBe(true);
  expect(waiting.waits).toBe(true);
  running[2]?.completed(200);
  expect(waiting.isAtWork).toBe(true);
  expect(policy.gateStatus()).toMatchObject({ running: 2, waiting: 0 });
});

it('keeps those in a queue that has become shorter, and takes no more', () => {
  const policy = scriptedRoute('limitConcurrency', gate);
  const passages = arriveInRow(policy, 7);
  policy.reconfigure({ ...gate, maxQueueLength: 1, rejectStatus: 503 });
  expect(policy.gateStatus()?.waiting).toBe(5);
  expect(arrive(policy).problem).toMatchObject({ code: 'queue_full', status: 503 });
  expect(passages[6]?.waits).toBe(true);
});

it('gives those who wait a shorter time from now on, and no longer one', () => {
  const clock = new FakeClock();
  const policy = scriptedRoute('limitConcurrency', { ...gate, maxCount: 1 }, clock);
  arrive(policy);
  const first = arrive(policy);
  clock.advance(100);
  policy.reconfigure({ ...gate, maxCount: 1, timeoutMs: 10_000 });
  const second = arrive(policy);
  clock.advance(900);
  expect([first.waits, second.waits]).toEqual([false, true]);
  policy.reconfigure({ ...gate, maxCount: 1, timeoutMs: 50 });
  const third = arrive(policy);
  clock.advance(49);
  expect([second.waits, third.waits]).toEqual([true, true]);
  clock.advance(1);
  expect([second.waits, third.waits]).toEqual([false, false]);
  policy.dispose();
  expect(clock.pendingTimers).toBe(0);
});

it('reaches every key', () => {
  const key = ({ headers }: { headers: Record<string, unknown> }) => headers.tenant as string;
  const options = { ...gate, maxCount: 1, key };
  const policy = scriptedRoute('limitConcurrency', options);
  const tenants = ['a', 'b', 'a', 'b'].map((tenant) => arrive(policy, { tenant }));
  policy.reconfigure({ ...options, maxCount: 2, key: (request: never) => key(request) });
  expect(tenants.map(({ isAtWork }) => isAtWork)).toEqual([true, true, true, true]);
});

it.each([
  ['the only one', {}],
  ['each key', { key: () => 'a' }],
])('tells Bottleneck of the new limit: of %s', (_what, more) => {
  const told = vi.spyOn(Bottleneck.prototype, 'updateSettings');
  onTestFinished(() => told.mockRestore());
  const clock = new FakeClock();
  const policy = scriptedRoute('limitConcurrency', { ...gate, ...more }, clock);
  const working = arrive(policy);
  // So long that Bottleneck is told of the work itself.
  clock.advance(1_000);
  policy.reconfigure({ ...gate, ...more, maxCount: 7 });
  expect(told).toHaveBeenCalledExactlyOnceWith({ maxConcurrent: 7 });
  working.completed(200);
});

it('refuses what would need another gate, and changes nothing then', () => {
  const policy = scriptedRoute('limitConcurrency', gate);
  const refused: [options: object, message: string][] = [
    [
      { ...gate, maxCount: 3, key: () => 'a' },
      'limitConcurrency(limitConcurrency).key cannot change while the service runs',
    ],
    [
      { ...gate, name: 'other' },
      'limitConcurrency(limitConcurrency).name cannot change while the service runs, got "other"',
    ],
    [
      { ...gate, maxCount: 0 },
      'limitConcurrency(limitConcurrency).maxCount must be a positive integer, got 0',
    ],
  ];
  for (const [options, message] of refused) {
    expect(() => policy.reconfigure(options)).toThrow(message);
  }
  expect(policy.gateStatus()).toMatchObject({ maxCount: 2 });
  const protection = scriptedRoute('protect', { timeoutMs: 1 });
  expect(() => protection.reconfigure({ concurrency: gate })).toThrow(
    'protect(protect).concurrency cannot change while the service runs from a limit to none',
  );
});
