import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { arrive, ScriptedPassage, scriptedRoute } from '@spillway/test/support/scripted-passage.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const breaker = { failureCount: 2, tripDurationMs: 1_000 };

describe('a breaker whose rule has changed', () => {
  it('counts what begins from then on', () => {
    const policy = scriptedRoute('protect', { breaker });
    const before = arrive(policy);
    arrive(policy).completed(500);
    policy.reconfigure({ breaker: { ...breaker, failureCount: 1 } });
    before.completed(500);
    expect(policy.breaker?.state).toBe('closed');
    arrive(policy).completed(500);
    expect(policy.breaker?.state).toBe('open');
  });

  it('stays open for as long as it would have', () => {
    const clock = new FakeClock();
    const policy = scriptedRoute('protect', { breaker }, clock);
    for (let count = 0; count < 2; count++) arrive(policy).completed(500);
    policy.reconfigure({ breaker: { ...breaker, tripDurationMs: 10, statusCodes: [418] } });
    clock.advance(999);
    expect(policy.breaker?.state).toBe('open');
    clock.advance(1);
    const trial = arrive(policy);
    policy.reconfigure({ breaker: { ...breaker, statusCodes: [500] } });
    trial.completed(500);
    expect(policy.breakerStatus()).toMatchObject({ state: 'open', trips: 2, remainingMs: 1_000 });
  });

  it('is there, or no longer, for those who come from then on', () => {
    const clock = new FakeClock();
    const policy = scriptedRoute('protect', { timeoutMs: 5_000 }, clock);
    const before = [arrive(policy), arrive(policy)];
    policy.reconfigure({ breaker: { ...breaker, failureCount: 1 } });
    before[0]?.completed(500);
    before[1]?.broke();
    expect(policy.breaker?.state).toBe('closed');
    const during = arrive(policy);
    arrive(policy).completed(500);
    expect(arrive(policy).problem?.code).toBe('circuit_open');
    policy.reconfigure({ timeoutMs: 5_000 });
    expect(policy.breakerStatus()).toBeUndefined();
    during.completed(500);
    expect(arrive(policy).isAtWork).toBe(true);
    policy.dispose();
    expect(clock.pendingTimers).toBe(0);
  });
});

it('gives what runs the time that it began with', () => {
  const clock = new FakeClock();
  const policy = scriptedRoute('protect', { timeoutMs: 1_000 }, clock);
  const long = arrive(policy);
  policy.reconfigure({ timeoutMs: 10 });
  const short = arrive(policy);
  clock.advance(10);
  expect([long.problem?.code, short.problem?.code]).toEqual([undefined, 'request_timeout']);
  policy.reconfigure({ concurrency: undefined, breaker });
  const unlimited = arrive(policy);
  clock.advance(990);
  expect([long.problem?.code, unlimited.problem]).toEqual(['request_timeout', undefined]);
  for (const passage of [long, short, unlimited]) passage.completed(200);
  policy.dispose();
  expect(clock.pendingTimers).toBe(0);
});

it('measures satisfaction by the time that holds when the answer is given', () => {
  const clock = new FakeClock();
  const policy = scriptedRoute('protect', { timeoutMs: 9_000, apdexMs: 100 }, clock);
  const passage = arrive(policy);
  clock.advance(90);
  policy.reconfigure({ timeoutMs: 9_000, apdexMs: 10 });
  passage.completed(200);
  expect(policy.level.counts).toMatchObject({ satisfied: 0, frustrated: 1 });
});

const options = fc.record(
  {
    maxCount: fc.integer({ min: 1, max: 4 }),
    maxQueueLength: fc.integer({ min: 0, max: 4 }),
    timeoutMs: fc.constantFrom(50, 300, 2_000),
    rejectStatus: fc.constantFrom(429, 503),
  },
  { requiredKeys: ['maxCount'] },
);
const protection = fc.record(
  {
    breaker: fc.constantFrom(
      { failureCount: 1, tripDurationMs: 200 },
      { failurePercentage: 60, minimumRequests: 3, tripDurationMs: 700 },
    ),
    timeoutMs: fc.constantFrom(100, 1_000),
    abandonMs: fc.constantFrom(50, 5_000),
  },
  { requiredKeys: [] },
);
const which = fc.nat(20);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('arrive' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('complete' as const),
      which,
      status: fc.constantFrom(200, 200, 500),
    }),
  },
  fc.record({ do: fc.constant('leave' as const), which }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 60, 400) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reconfigure' as const),
      concurrency: options,
      protection,
    }),
  },
);

it('loses no slot and lets nobody in beyond the limit, whatever is changed under load', () => {
  const seen = { reconfigured: 0, overLimit: 0, waited: 0 };
  fc.assert(
    fc.property(options, fc.array(step, { minLength: 5, maxLength: 60 }), (concurrency, steps) => {
      const clock = new FakeClock();
      const policy = scriptedRoute('protect', { concurrency }, clock);
      const passages: ScriptedPassage[] = [];
      let limit = concurrency.maxCount;
      const held = () => passages.filter(({ isAtWork }) => isAtWork).length;
      const come = () => {
        const passage = new ScriptedPassage(policy);
        passage.onRun = () => expect(policy.gate?.running).toBeLessThanOrEqual(limit);
        passages.push(passage);
        passage.arrive();
      };
      for (const each of steps) {
        const open = passages.filter(({ isOver }) => !isOver);
        if (each.do === 'arrive') come();
        else if (each.do === 'complete') {
          const atWork = open.filter(({ isAtWork }) => isAtWork);
          atWork[each.which % Math.max(1, atWork.length)]?.completed(each.status);
        } else if (each.do === 'leave') open[each.which % Math.max(1, open.length)]?.leave();
        else if (each.do === 'wait') clock.advance(each.ms);
        else {
          const runningBefore = passages.filter(({ isAtWork }) => isAtWork);
          limit = each.concurrency.maxCount;
          policy.reconfigure({ concurrency: each.concurrency, ...each.protection });
          expect(runningBefore.every(({ isAtWork }) => isAtWork)).toBe(true);
          seen.reconfigured++;
          if (held() > limit) seen.overLimit++;
        }
        const { running = 0, waiting = 0 } = policy.gateStatus() ?? {};
        expect(running).toBe(held());
        expect(waiting).toBe(passages.filter((passage) => passage.waits).length);
        // Nobody waits beside a free slot.
        if (waiting > 0) expect(running).toBeGreaterThanOrEqual(limit);
        seen.waited += waiting;
      }
      for (let left = held(); left > 0; left = held()) {
        for (const passage of passages.filter(({ isAtWork }) => isAtWork)) passage.completed(200);
      }
      expect(policy.gateStatus()).toMatchObject({ running: 0, waiting: 0 });
      expect(passages.every(({ isOver }) => isOver)).toBe(true);
      policy.dispose();
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 300 },
  );
  expect(seen.reconfigured).toBeGreaterThan(100);
  expect(seen.overLimit).toBeGreaterThan(10);
  expect(seen.waited).toBeGreaterThan(100);
});
