import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deadlines, type Expiring, stopDeadline } from './deadlines.ts';

class Entry implements Expiring {
  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;
  readonly #onExpire: () => void;

  constructor(onExpire: () => void = () => {}) {
    this.#onExpire = onExpire;
  }

  expire(): void {
    this.#onExpire();
  }
}

function setUp(durationMs = 100) {
  const clock = new FakeClock();
  const deadlines = new Deadlines<Entry>(durationMs, clock);
  const expired: string[] = [];
  const start = (name: string) => {
    const entry = new Entry(() => expired.push(name));
    deadlines.start(entry);
    return entry;
  };
  return { clock, deadlines, expired, start };
}

describe('Deadlines', () => {
  it('expires each entry when its time is up, not before, in order', () => {
    const { clock, deadlines, expired, start } = setUp();
    start('a');
    clock.advance(40);
    start('b');
    start('c');
    clock.advance(59);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
    clock.advance(39);
    expect(expired).toEqual(['a']);
    clock.advance(1);
    expect(expired).toEqual(['a', 'b', 'c']);
    expect(deadlines).toHaveLength(0);
  });

  it('never expires an entry that has left, wherever it stood', () => {
    const { clock, deadlines, expired, start } = setUp();
    const entries = ['a', 'b', 'c', 'd', 'e'].map(start);
    for (const index of [0, 2, 4]) stopDeadline(entries[index] as Entry);
    expect(deadlines).toHaveLength(2);
    expect(deadlines.first).toBe(entries[1]);
    clock.advance(100);
    expect(expired).toEqual(['b', 'd']);
  });

  it('lets an entry leave twice, and enter again', () => {
    const { clock, deadlines, expired, start } = setUp();
    const entry = start('a');
    stopDeadline(entry);
    stopDeadline(entry);
    expect(deadlines).toHaveLength(0);
    clock.advance(50);
    deadlines.start(entry);
    clock.advance(99);
    expect(expired).toEqual([]);
    clock.advance(1);
    expect(expired).toEqual(['a']);
  });

  it('has let go of an entry by the time it expires', () => {
    const { clock, deadlines } = setUp();
    const entry: Entry = new Entry(() => {
      expect(entry.deadlines).toBeUndefined();
      expect(deadlines).toHaveLength(0);
    });
    deadlines.start(entry);
    clock.advance(100);
    expect.assertions(2);
  });

  it('needs one timer for any number of entries, and none once they are gone', () => {
    const { clock, start } = setUp();
    expect(clock.pendingTimers).toBe(0);
    for (let entry = 0; entry < 1_000; entry++) {
      start(`${entry}`);
      clock.advance(1);
      expect(clock.pendingTimers).toBe(1);
    }
    clock.advance(200);
    expect(clock.pendingTimers).toBe(0);
  });

  it('cancels its timer when it is closed', () => {
    const { clock, deadlines, expired, start } = setUp();
    start('a');
    deadlines.close();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(expired).toEqual([]);
  });

  it('asks for whole milliseconds, and waits on when its timer fires early', () => {
    const clock = new FakeClock(0.25);
    const delays: number[] = [];
    const deadlines = new Deadlines(100.5, {
      now: () => clock.now(),
      setTimer(callback, delayMs) {
        delays.push(delayMs);
        return clock.setTimer(callback, Math.min(delayMs, 30));
      },
    });
    let expired = false;
    deadlines.start(
      new Entry(() => {
        expired = true;
      }),
    );
    clock.advance(100);
    expect(expired).toBe(false);
    clock.advance(1);
    expect(expired).toBe(true);
    expect(delays.every((delay) => Number.isInteger(delay) && delay >= 1)).toBe(true);
  });

  // At O(n) each, these steps would be 5 000 000 000.
  it('lets 100 000 leave in any order at once', () => {
    const { deadlines } = setUp();
    const entries = Array.from({ length: 100_000 }, () => new Entry());
    for (const entry of entries) deadlines.start(entry);
    const random = seededRandom(3);
    const order = entries.map((entry) => ({ entry, at: random() })).sort((a, b) => a.at - b.at);
    const startedAt = performance.now();
    for (const { entry } of order) stopDeadline(entry);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(deadlines).toHaveLength(0);
    expect(deadlines.first).toBeUndefined();
  });

  // A request whose backend timed out is at once submitted to another one, with a deadline there.
  it('is on time for the next entry when one starts as another expires', () => {
    const { clock, deadlines, expired, start } = setUp();
    deadlines.start(new Entry(() => start('again')));
    clock.advance(10);
    start('next');
    clock.advance(100);
    expect(expired).toEqual(['next']);
    clock.advance(90);
    expect(expired).toEqual(['next', 'again']);
  });

  it('leaves no timer behind when it is closed as an entry expires', () => {
    const { clock, deadlines, start } = setUp();
    deadlines.start(new Entry(() => deadlines.close()));
    clock.advance(10);
    start('next');
    clock.advance(90);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is on time for the next entry when one throws as it expires', () => {
    const { clock, deadlines, expired, start } = setUp();
    deadlines.start(
      new Entry(() => {
        throw new Error('listener');
      }),
    );
    clock.advance(10);
    start('next');
    expect(() => clock.advance(90)).toThrow('listener');
    clock.advance(10);
    expect(expired).toEqual(['next']);
  });

  it('gives another duration to those who start, and a shorter one to all', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ do: 'start' as const, ms: 0 }) },
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 120 }) }),
      fc.record({ do: fc.constant('change' as const), ms: fc.integer({ min: 1, max: 200 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { clock, deadlines } = setUp();
        const entries: { dueAt: number; expiredAt: number | undefined }[] = [];
        let durationMs = 100;
        for (const each of steps) {
          const now = clock.now();
          if (each.do === 'advance') {
            clock.advance(each.ms);
          } else if (each.do === 'start') {
            const entry = { dueAt: now + durationMs, expiredAt: undefined as number | undefined };
            entries.push(entry);
            deadlines.start(new Entry(() => Object.assign(entry, { expiredAt: clock.now() })));
          } else {
            durationMs = each.ms;
            deadlines.setDuration(durationMs);
            for (const entry of entries) {
              const isWaiting = entry.expiredAt === undefined;
              if (isWaiting) entry.dueAt = Math.min(entry.dueAt, now + durationMs);
            }
          }
        }
        clock.advance(200);
        expect(entries.map(({ expiredAt }) => expiredAt)).toEqual(
          entries.map(({ dueAt }) => dueAt),
        );
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });

  it('keeps its timer, once it is retired, for as long as it has entries', () => {
    const { clock, deadlines, expired, start } = setUp();
    const left = start('left');
    start('stayed');
    deadlines.retire();
    stopDeadline(left);
    clock.advance(100);
    expect(expired).toEqual(['stayed']);
    expect(clock.pendingTimers).toBe(0);
    const other = setUp();
    stopDeadline(other.start('gone'));
    expect(other.clock.pendingTimers).toBe(1);
    other.deadlines.retire();
    expect(other.clock.pendingTimers).toBe(0);
  });
});
