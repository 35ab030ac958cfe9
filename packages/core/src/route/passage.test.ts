import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  arrive,
  arriveInRow,
  ScriptedPassage,
  scriptedRoute,
} from '@spillway/test/support/scripted-passage.ts';
import { describe, expect, it, vi } from 'vitest';
import type { ProtectOptions } from './options.ts';

const TRIP_MS = 5_000;
const breaker = { failureCount: 2, tripDurationMs: TRIP_MS } as const;
const concurrency = { maxCount: 1, maxQueueLength: 100, timeoutMs: 60_000 } as const;

function setUp(options: ProtectOptions) {
  const clock = new FakeClock();
  const policy = scriptedRoute('protect', options, clock);
  const send = () => arrive(policy);
  /** As many failures as trip. */
  const trip = () => {
    for (let failure = 0; failure < 2; failure++) {
      const passage = send();
      passage.completed(500);
    }
    expect(policy.breaker?.state).toBe('open');
  };
  return { clock, policy, send, trip };
}

describe('a request', () => {
  it('runs when nothing is in its way, and gives back what it has taken', () => {
    const { policy, send } = setUp({ concurrency, breaker, timeoutMs: 1_000 });
    const passage = send();
    expect(passage.told).toEqual(['run']);
    expect(policy.gate?.running).toBe(1);
    passage.completed(200);
    expect(passage.told).toEqual(['run', 'left']);
    expect(policy.gate?.running).toBe(0);
    expect(policy.rejections.size).toBe(0);
  });

  it('gives back once, however often its end is told', () => {
    const { policy, send } = setUp({ concurrency, breaker });
    const [first, second, third] = [send(), send(), send()];
    first.completed(200);
    first.completed(500);
    first.broke();
    first.ended();
    first.abandon();
    first.expire();
    first.shutDown();
    expect(first.told).toEqual(['run', 'left']);
    expect([second.isAtWork, third.isAtWork]).toEqual([true, false]);
    expect(policy.gate).toMatchObject({ running: 1, waiting: 1 });
    second.broke();
    expect(policy.breaker?.state, 'one failure').toBe('closed');
  });

  // Middleware before this one may answer it, or give it up, while it waits here.
  it.each<['completed' | 'broke' | 'ended']>([['completed'], ['broke'], ['ended']])(
    'that waits never runs after others have %s its answer',
    (how) => {
      const { clock, policy, send } = setUp({
        concurrency,
        breaker: { ...breaker, failureCount: 1 },
      });
      const [first, second, third] = [send(), send(), send()];
      second.answered(500);
      second[how](500);
      expect(second.told).toEqual(['left', 'dropped']);
      expect(policy.breaker?.state, 'its work has not begun').toBe('closed');
      expect(policy.gate).toMatchObject({ running: 1, waiting: 1 });
      first.completed(200);
      expect(second.told).toEqual(['left', 'dropped']);
      expect(third.isAtWork).toBe(true);
      third.completed(200);
      expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
      clock.advance(60_000);
      expect(policy.rejections.size).toBe(0);
    },
  );

  it('whose function throws has left before it is told', () => {
    const priority = () => {
      throw new TypeError('of the application');
    };
    const { policy } = setUp({ concurrency: { ...concurrency, priority } });
    const passage = new ScriptedPassage(policy);
    expect(() => passage.arrive()).toThrow('of the application');
    passage.ended();
    passage.abandon();
    passage.shutDown();
    expect(passage.told).toEqual(['left']);
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
  });

  it('may end as it begins to run', () => {
    const { policy, send } = setUp({ concurrency, breaker, timeoutMs: 1_000 });
    const passages = [send(), send(), send(), send()] as const;
    passages[1].onRun = () => passages[1].completed(200);
    passages[2].onRun = () => passages[2].leave();
    passages[0].completed(200);
    expect(passages[1].told).toEqual(['run', 'left']);
    expect(passages[2].told).toEqual(['run']);
    passages[2].ended();
    expect(passages[3].isAtWork).toBe(true);
    expect(policy.gate).toMatchObject({ running: 1, waiting: 0 });
  });
});

describe('the breaker', () => {
  it('is asked before the queue', () => {
    const { clock, policy, send, trip } = setUp({ concurrency, breaker });
    trip();
    clock.advance(1_500);
    const passage = send();
    expect(passage.told).toEqual(['left', 'refuse']);
    expect(passage.problem).toMatchObject({
      code: 'circuit_open',
      status: 503,
      policy: 'protect',
      retryAfterMs: TRIP_MS - 1_500,
      retryAfterSeconds: 4,
    });
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
  });

  it('is not asked of the key and priority functions: they are not called when it is open', () => {
    const key = () => {
      throw new Error('was called');
    };
    const clock = new FakeClock();
    const options = { concurrency: { ...concurrency, key }, breaker: { failureCount: 1 } };
    const policy = scriptedRoute('protect', options, clock);
    policy.breaker?.failed(policy.breaker.begin(), clock.now());
    expect(arrive(policy).problem?.code).toBe('circuit_open');
  });

  it('is asked again at the grant, and a slot that it refuses goes on to the next', () => {
    const { clock, policy, send } = setUp({
      concurrency: { ...concurrency, maxCount: 2 },
      breaker,
    });
    const [first, second, ...waiting] = [send(), send(), send(), send(), send()];
    first.completed(500);
    waiting[0]?.completed(200);
    expect(waiting.map(({ told }) => told)).toEqual([['run', 'left'], ['run'], []]);
    // Trips; a slot is given back with it.
    second.completed(500);
    expect(waiting[2]?.told).toEqual(['left', 'refuse']);
    expect(waiting[2]?.problem).toMatchObject({ code: 'circuit_open', retryAfterMs: TRIP_MS });
    expect(policy.gate).toMatchObject({ running: 1, waiting: 0 });
    clock.advance(TRIP_MS);
    expect(send().isAtWork).toBe(true);
  });

  it('lets one of the queue through as the trial, and refuses the others', () => {
    const { clock, policy, send } = setUp({
      concurrency: { ...concurrency, maxCount: 3 },
      breaker: { ...breaker, failureCount: 1 },
    });
    const [first, second, third, ...waiting] = [send(), send(), send(), send(), send(), send()];
    second.onLeft = () => clock.advance(TRIP_MS);
    first.leave();
    second.completed(500);
    expect(waiting.map(({ told }) => told)).toEqual([['run'], [], []]);
    expect(policy.breaker?.state).toBe('half-open');
    third.completed(200);
    expect(waiting.slice(1).map(({ problem }) => problem?.code)).toEqual([
      'circuit_open',
      'circuit_open',
    ]);
    waiting[0]?.completed(200);
    expect(policy.breaker?.state).toBe('closed');
  });

  it('may refuse 100 000 in the queue at once', () => {
    const { policy, send } = setUp({
      concurrency: { ...concurrency, maxQueueLength: 100_000 },
      breaker: { ...breaker, failureCount: 1 },
    });
    const first = send();
    const waiting = arriveInRow(policy, 100_000);
    first.completed(500);
    expect(waiting.every(({ problem }) => problem?.code === 'circuit_open')).toBe(true);
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
    expect(policy.rejections).toEqual(new Map([['circuit_open', 100_000]]));
  });

  it('counts only what the rule lists', () => {
    const { policy, send } = setUp({ breaker: { ...breaker, statusCodes: [503, '520-529'] } });
    for (const status of [200, 429, 500, 502, 504, 519, 530]) send().completed(status);
    expect(policy.breaker?.state).toBe('closed');
    send().completed(503);
    expect(policy.breaker?.state).toBe('closed');
    send().completed(529);
    expect(policy.breaker?.state).toBe('open');
  });

  it('counts an answer that breaks off', () => {
    const { policy, send } = setUp({ breaker });
    send().broke();
    send().broke();
    expect(policy.breaker?.state).toBe('open');
  });

  it('counts successes: a share of failures needs them', () => {
    const { policy, send } = setUp({ breaker: { failurePercentage: 50, minimumRequests: 4 } });
    for (const status of [500, 200, 200]) send().completed(status);
    send().completed(200);
    send().completed(500);
    expect(policy.breaker?.state, '2 of 5').toBe('closed');
    send().completed(500);
    expect(policy.breaker?.state, '3 of 6').toBe('open');
  });

  it('counts no success of a request that waits while others answer it', () => {
    const { policy, send } = setUp({
      concurrency,
      breaker: { failurePercentage: 50, minimumRequests: 2 },
    });
    const [first, , third] = [send(), send(), send()];
    first.completed(500);
    third.completed(200);
    expect(policy.breaker?.state).toBe('closed');
  });

  it('counts a request once, though its head and its end are told', () => {
    const { policy, send } = setUp({ breaker: { ...breaker, acceptRetryAfter: true } });
    const passage = send();
    passage.answered(500);
    passage.answered(500);
    passage.completed(500);
    expect(policy.breaker?.state).toBe('closed');
    const other = send();
    other.answered(500);
    expect(policy.breaker?.state).toBe('open');
    other.broke();
    expect(policy.breaker?.trips).toBe(1);
  });

  it('counts a caller that leaves as nothing', () => {
    const { policy, send } = setUp({
      concurrency,
      breaker: { failurePercentage: 60, minimumRequests: 2 },
    });
    for (let request = 0; request < 10; request++) {
      const passage = send();
      passage.leave();
      // What its work makes of that says nothing of the work.
      if (request % 2 === 0) passage.broke();
      else passage.completed(500);
    }
    send().completed(500);
    expect(policy.breaker?.state, 'one request in all').toBe('closed');
    send().completed(200);
    expect(policy.breaker?.state).toBe('closed');
    send().completed(500);
    expect(policy.breaker?.state).toBe('open');
  });

  it('counts an end of which nothing can be learnt as nothing', () => {
    const { policy, send } = setUp({ breaker: { ...breaker, failureCount: 1 } });
    send().ended();
    expect(policy.breaker?.state).toBe('closed');
  });

  it('does not listen to a request that began before it tripped', () => {
    const { clock, policy, send, trip } = setUp({ breaker });
    const [slow, slower, slowest] = [send(), send(), send()];
    trip();
    slow.completed(500);
    clock.advance(TRIP_MS);
    slower.completed(200);
    expect(policy.breaker?.state).toBe('half-open');
    send().completed(200);
    expect(policy.breaker?.state).toBe('closed');
    slowest.broke();
    send().completed(500);
    expect(policy.breaker).toMatchObject({ state: 'closed', trips: 1 });
  });

  it('tells its listeners when it trips and closes', () => {
    const clock = new FakeClock();
    const events: unknown[] = [];
    const policy = scriptedRoute('circuitBreaker', breaker, clock, {
      onTrip: (trip) => events.push(trip),
      onClose: () => events.push('closed'),
    });
    for (let failure = 0; failure < 2; failure++) arrive(policy).completed(503);
    clock.advance(TRIP_MS);
    arrive(policy).completed(200);
    expect(events).toEqual([{ statusCode: 503, durationMs: TRIP_MS }, 'closed']);
  });

  it('tells why there was no answer', () => {
    const clock = new FakeClock();
    const onTrip = vi.fn();
    const one = { ...breaker, failureCount: 1, timeoutMs: 1_000 };
    const policy = scriptedRoute('circuitBreaker', one, clock, { onTrip });
    arrive(policy).broke();
    clock.advance(TRIP_MS);
    arrive(policy);
    clock.advance(1_000);
    expect(onTrip.mock.calls).toEqual([
      [{ statusCode: undefined, reason: 'reset', durationMs: TRIP_MS }],
      [{ statusCode: undefined, reason: 'timeout', durationMs: TRIP_MS }],
    ]);
  });
});

describe('the wait that an answer asks for', () => {
  const one = { ...breaker, failureCount: 1 };

  it('is heeded when the rule says so, up to maxTripDurationMs', () => {
    const { policy, send } = setUp({
      breaker: { ...one, acceptRetryAfter: true, maxTripDurationMs: 30_000 },
    });
    const passage = send();
    expect(passage.headWanted).toBe(true);
    passage.answered(503, { 'retry-after': '20' });
    expect(policy.breakerStatus()).toMatchObject({ state: 'open', remainingMs: 20_000 });
    expect(send().problem?.retryAfterSeconds).toBe(20);
  });

  it('is cut to maxTripDurationMs', () => {
    const { policy, send } = setUp({
      breaker: { ...one, acceptRetryAfter: true, maxTripDurationMs: 30_000 },
    });
    send().answered(503, { 'retry-after': '86400' });
    expect(policy.breakerStatus()?.remainingMs).toBe(30_000);
  });

  it('extends a trip, also when its request began before', () => {
    const { clock, policy, send } = setUp({ breaker: { ...one, acceptRetryAfter: true } });
    const [first, second, third] = [send(), send(), send()];
    first.answered(503, { 'retry-after': '5' });
    clock.advance(1_000);
    second.answered(503, { 'retry-after': '2' });
    expect(policy.breakerStatus()?.remainingMs).toBe(4_000);
    third.answered(503, { 'retry-after': '9' });
    expect(policy.breakerStatus()).toMatchObject({ remainingMs: 9_000, trips: 1 });
  });

  it('means nothing otherwise', () => {
    const { policy, send } = setUp({ breaker: one });
    const passage = send();
    expect(passage.headWanted).toBe(false);
    passage.answered(503, { 'retry-after': '20' });
    expect(policy.breakerStatus()?.remainingMs).toBe(TRIP_MS);
  });

  it('means nothing in an answer that is no failure', () => {
    const { policy, send } = setUp({ breaker: { ...one, acceptRetryAfter: true } });
    send().answered(429, { 'retry-after': '20' });
    expect(policy.breaker?.state).toBe('closed');
  });
});

describe('the trial', () => {
  function halfOpen(more: ProtectOptions = {}) {
    const all = setUp({ breaker: { ...breaker, failureCount: 1 }, ...more });
    all.send().completed(500);
    all.clock.advance(TRIP_MS);
    expect(all.policy.breaker?.state).toBe('half-open');
    const trial = all.send();
    expect(trial.isAtWork).toBe(true);
    return { ...all, trial };
  }

  it('is one: others are refused until it is judged', () => {
    const { send } = halfOpen();
    expect(send().problem).toMatchObject({ code: 'circuit_open', retryAfterSeconds: 1 });
  });

  it('is judged at its head, which is asked for', () => {
    const { policy, send, trial } = halfOpen();
    expect(trial.headWanted).toBe(true);
    trial.answered(200);
    expect(policy.breaker?.state).toBe('closed');
    const next = send();
    expect(next).toMatchObject({ isAtWork: true, headWanted: false });
    next.completed(200);
    trial.completed(200);
    expect(policy.breaker?.state).toBe('closed');
  });

  it('trips again when its head is a failure', () => {
    const { policy, trial } = halfOpen();
    trial.answered(500);
    expect(policy.breakerStatus()).toMatchObject({ state: 'open', trips: 2, remainingMs: TRIP_MS });
    trial.completed(500);
    expect(policy.breaker?.trips).toBe(2);
  });

  it('counts as a failure when it breaks off after a head that proved well', () => {
    const { policy, trial } = halfOpen();
    trial.answered(200);
    trial.broke();
    expect(policy.breakerStatus()).toMatchObject({ state: 'open', trips: 2 });
  });

  it('trips again when it breaks off before its head', () => {
    const { policy, trial } = halfOpen();
    trial.broke();
    expect(policy.breakerStatus()).toMatchObject({ state: 'open', trips: 2 });
  });

  it('trips again when its time is up', () => {
    const { clock, policy, trial } = halfOpen({ timeoutMs: 700 });
    clock.advance(700);
    expect(trial.problem?.code).toBe('request_timeout');
    expect(policy.breakerStatus()).toMatchObject({ state: 'open', trips: 2 });
  });

  it('leaves room for another at once when its caller leaves, though its work goes on', () => {
    const { policy, send, trial } = halfOpen({ concurrency: { maxCount: 2 } });
    trial.leave();
    expect(trial.told).toEqual(['run']);
    const another = send();
    expect(another).toMatchObject({ isAtWork: true, headWanted: true });
    trial.ended();
    expect(policy.breaker).toMatchObject({ state: 'half-open', admits: false });
    another.answered(204);
    expect(policy.breaker?.state).toBe('closed');
  });

  it.each<['ended' | 'shutDown']>([['ended'], ['shutDown']])(
    'leaves room for another when it has no verdict: %s',
    (how) => {
      const { send, trial } = halfOpen();
      trial[how]();
      expect(send().isAtWork).toBe(true);
    },
  );

  it('is not a request that the full gate refuses', () => {
    const { policy, send, trial } = halfOpen({ concurrency: { maxCount: 1 } });
    trial.leave();
    expect(send().problem?.code).toBe('queue_full');
    expect(policy.breaker?.admits).toBe(true);
    trial.ended();
    expect(send().isAtWork).toBe(true);
  });

  it('is not a request whose caller has gone from the queue', () => {
    const { policy, send, trial } = halfOpen({ concurrency });
    trial.leave();
    const gone = send();
    gone.gone = true;
    trial.ended();
    expect(gone.told).toEqual(['left', 'dropped']);
    expect(policy.breaker?.admits).toBe(true);
  });
});

describe('timeoutMs', () => {
  const limits = { concurrency, breaker, timeoutMs: 1_000, abandonMs: 300 };

  it('answers the caller, counts as a failure, and is a rejection', () => {
    const { clock, policy, send } = setUp({ breaker, timeoutMs: 1_000 });
    const [first, second] = [send(), send()];
    clock.advance(999);
    expect(first.told).toEqual(['run']);
    clock.advance(1);
    expect(first.told).toEqual(['run', 'cutShort', 'left']);
    expect(second.problem).toMatchObject({
      code: 'request_timeout',
      status: 504,
      policy: 'protect',
      retryAfterMs: undefined,
    });
    expect(policy.breaker).toMatchObject({ state: 'open', trips: 1 });
    expect(policy.rejections).toEqual(new Map([['request_timeout', 2]]));
  });

  it('runs from the grant', () => {
    const { clock, send } = setUp(limits);
    const [first, second] = [send(), send()];
    clock.advance(900);
    first.completed(200);
    clock.advance(999);
    expect(second.told).toEqual(['run']);
    clock.advance(1);
    expect(second.problem?.code).toBe('request_timeout');
  });

  it('does not free the slot: the work goes on until it has ended', () => {
    const { clock, policy, send } = setUp(limits);
    const [first, second] = [send(), send()];
    clock.advance(1_299);
    expect(first.told).toEqual(['run', 'cutShort']);
    expect(second.waits).toBe(true);
    first.ended();
    expect(first.told).toEqual(['run', 'cutShort', 'left']);
    expect(second.isAtWork).toBe(true);
    expect(policy.gate?.running).toBe(1);
  });

  it('frees the slot after abandonMs at the latest', () => {
    const { clock, send } = setUp(limits);
    const [first, second] = [send(), send()];
    clock.advance(1_299);
    expect(second.isAtWork).toBe(false);
    clock.advance(1);
    expect(first.isOver).toBe(true);
    expect(second.isAtWork).toBe(true);
  });

  it('says nothing more of work that has ended in time', () => {
    const { clock, policy, send } = setUp(limits);
    send().completed(200);
    expect(policy.times, 'holds nothing of it').toHaveLength(0);
    clock.advance(5_000);
    expect(policy.rejections.size).toBe(0);
    expect(policy.breaker?.state).toBe('closed');
  });

  it('is not held against work that has answered, to a caller that reads slowly', () => {
    const { clock, policy, send } = setUp({ ...limits, breaker: { ...breaker, failureCount: 1 } });
    const passage = send();
    passage.isAnswered = true;
    clock.advance(60_000);
    expect(passage.told).toEqual(['run']);
    expect(policy.breaker?.state).toBe('closed');
    passage.leave();
    clock.advance(300);
    expect(passage.told).toEqual(['run', 'left']);
    expect(policy.rejections.size).toBe(0);
  });

  it('takes the first verdict: a head that failed is not counted twice', () => {
    const { clock, policy, send } = setUp({
      ...limits,
      breaker: { ...breaker, acceptRetryAfter: true },
    });
    const passage = send();
    passage.answered(500);
    clock.advance(1_000);
    passage.answered(500);
    passage.completed(500);
    expect(policy.breaker?.state).toBe('closed');
  });

  it('needs neither gate nor breaker', () => {
    const { clock, policy, send } = setUp({ timeoutMs: 1_000 });
    const passage = send();
    clock.advance(1_000);
    expect(passage.told).toEqual(['run', 'cutShort', 'left']);
    expect(clock.pendingTimers).toBe(0);
    expect([policy.gateStatus(), policy.breakerStatus()]).toEqual([undefined, undefined]);
  });
});

describe('work that is abandoned', () => {
  const limits = { concurrency, breaker, timeoutMs: 60_000, abandonMs: 300 };

  it('keeps its slot until it has ended', () => {
    const { clock, policy, send } = setUp(limits);
    const [first, second] = [send(), send()];
    first.leave();
    clock.advance(299);
    expect(first.told).toEqual(['run']);
    expect(policy.gate).toMatchObject({ running: 1, waiting: 1 });
    first.ended();
    expect(first.told).toEqual(['run', 'left']);
    expect(second.isAtWork).toBe(true);
    clock.advance(59_000);
    expect(second.told).toEqual(['run']);
  });

  it('keeps it for abandonMs at most', () => {
    const { clock, policy, send } = setUp(limits);
    const [first, second] = [send(), send()];
    first.leave();
    clock.advance(300);
    expect(first.told).toEqual(['run', 'left']);
    expect(second.isAtWork).toBe(true);
    first.ended();
    expect(policy.gate?.running).toBe(1);
  });

  it('keeps it for abandonMs from the first time that it is left', () => {
    const { clock, send } = setUp(limits);
    const passage = send();
    passage.leave();
    clock.advance(200);
    passage.leave();
    clock.advance(100);
    expect(passage.isOver).toBe(true);
  });

  it('is not answered when its time would have been up', () => {
    const { clock, policy, send } = setUp({ ...limits, abandonMs: 120_000 });
    const passage = send();
    passage.leave();
    clock.advance(119_999);
    expect(passage.told).toEqual(['run']);
    expect(policy.rejections.size).toBe(0);
  });

  it('is waited for by a gate alone', () => {
    const { policy, send } = setUp({ breaker, timeoutMs: 60_000 });
    const passage = send();
    passage.leave();
    expect(passage.told).toEqual(['run', 'left']);
    expect(policy.times).toHaveLength(0);
    expect(policy.abandoned).toHaveLength(0);
  });

  it('is part of what slots are held for', () => {
    const { clock, policy, send } = setUp({ ...limits, abandonMs: 10_000 });
    const passage = send();
    clock.advance(1_000);
    passage.leave();
    clock.advance(7_000);
    passage.ended();
    send();
    arriveInRow(policy, 100);
    expect(send().problem?.retryAfterMs).toBe(8_000 * 101);
  });
});

describe('a caller that leaves while it waits', () => {
  it('frees its place at once, and never runs', () => {
    const { clock, policy, send } = setUp({ concurrency, breaker });
    const [first, second, third] = [send(), send(), send()];
    second.leave();
    expect(second.told).toEqual(['left', 'dropped']);
    expect(policy.gate).toMatchObject({ running: 1, waiting: 1 });
    second.leave();
    second.ended();
    first.completed(200);
    clock.advance(60_000);
    expect(second.told).toEqual(['left', 'dropped']);
    expect(third.told).toEqual(['run']);
    expect(policy.rejections.size).toBe(0);
  });

  it('never runs when only the grant finds out, and the slot goes on to the next', () => {
    const { policy, send } = setUp({ concurrency, breaker });
    const [first, second, third] = [send(), send(), send()];
    second.gone = true;
    first.completed(200);
    expect(second.told).toEqual(['left', 'dropped']);
    expect(third.told).toEqual(['run']);
    expect(policy.gate).toMatchObject({ running: 1, waiting: 0 });
    expect(policy.rejections.size).toBe(0);
  });
});

describe('the time in the queue', () => {
  it('ends with a refusal, and an estimate of when to come again', () => {
    const { clock, policy, send } = setUp({ concurrency: { ...concurrency, timeoutMs: 6_000 } });
    const [first, second] = [send(), send()];
    clock.advance(5_999);
    expect(second.told).toEqual([]);
    clock.advance(1);
    expect(second.told).toEqual(['left', 'refuse']);
    expect(second.problem).toMatchObject({
      code: 'queue_timeout',
      status: 503,
      policy: 'protect',
      retryAfterMs: 6_000,
      retryAfterSeconds: 6,
    });
    expect(policy.rejections).toEqual(new Map([['queue_timeout', 1]]));
    first.completed(200);
    expect(second.told).toEqual(['left', 'refuse']);
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
  });

  it('is over for the ones who came first, and goes on for the others', () => {
    const { clock, policy, send } = setUp({ concurrency: { ...concurrency, timeoutMs: 6_000 } });
    send();
    const second = send();
    clock.advance(4_000);
    const third = send();
    clock.advance(2_000);
    expect([second.waits, third.waits]).toEqual([false, true]);
    clock.advance(4_000);
    expect(third.problem?.retryAfterSeconds).toBe(10);
    expect(policy.gate?.waiting).toBe(0);
  });

  it('has a Retry-After of at least a second', () => {
    const { send } = setUp({ concurrency: { maxCount: 1 } });
    send();
    expect(send().problem).toMatchObject({ retryAfterMs: 0, retryAfterSeconds: 1 });
  });

  it('does not change rejectStatus, which is of a full queue alone', () => {
    const { clock, send } = setUp({
      concurrency: { maxCount: 1, maxQueueLength: 1, timeoutMs: 10, rejectStatus: 503 },
    });
    const [, second, third] = [send(), send(), send()];
    expect(third.problem).toMatchObject({ code: 'queue_full', status: 503 });
    clock.advance(10);
    expect(second.problem).toMatchObject({ code: 'queue_timeout', status: 503 });
    const other = setUp({ concurrency: { maxCount: 1, maxQueueLength: 1, timeoutMs: 10 } });
    const [, late] = [other.send(), other.send()];
    other.clock.advance(10);
    expect(late.problem?.status).toBe(503);
  });
});

describe('shutting down', () => {
  const limits = { concurrency, breaker, timeoutMs: 1_000 };

  it('refuses one that has not begun', () => {
    const { policy } = setUp(limits);
    const passage = new ScriptedPassage(policy);
    passage.shutDown();
    expect(passage.told).toEqual(['left', 'refuse']);
    expect(passage.problem).toMatchObject({
      code: 'shutting_down',
      status: 503,
      policy: 'protect',
      retryAfterSeconds: 1,
    });
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
    expect(policy.rejections).toEqual(new Map([['shutting_down', 1]]));
  });

  it('refuses one that waits, which never runs', () => {
    const { clock, policy, send } = setUp(limits);
    const [first, second, third] = [send(), send(), send()];
    second.shutDown();
    expect(second.told).toEqual(['left', 'refuse']);
    expect(policy.gate).toMatchObject({ running: 1, waiting: 1 });
    first.completed(200);
    clock.advance(999);
    expect(second.told).toEqual(['left', 'refuse']);
    expect(third.isAtWork).toBe(true);
  });

  it('cuts one short that runs, and waits for its work no longer', () => {
    const { clock, policy, send } = setUp(limits);
    const passage = send();
    passage.shutDown();
    expect(passage.told).toEqual(['run', 'cutShort', 'left']);
    expect(passage.problem?.code).toBe('shutting_down');
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
    expect(policy.breaker?.state).toBe('closed');
    expect(policy.rejections).toEqual(new Map([['shutting_down', 1]]));
    policy.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is no failure', () => {
    const { policy, send } = setUp({ breaker: { ...breaker, failureCount: 1 } });
    send().shutDown();
    expect(policy.breaker?.state).toBe('closed');
  });

  it('lets go of one that is abandoned, without another answer', () => {
    const { policy, send } = setUp(limits);
    const passage = send();
    passage.leave();
    passage.shutDown();
    expect(passage.told).toEqual(['run', 'left']);
    expect(passage.problem).toBeUndefined();
    expect(policy.gate?.running).toBe(0);
    expect(policy.rejections.size).toBe(0);
  });

  it('leaves one alone that is over', () => {
    const { policy, send } = setUp(limits);
    const passage = send();
    passage.completed(200);
    passage.shutDown();
    expect(passage.told).toEqual(['run', 'left']);
    expect(policy.rejections.size).toBe(0);
  });
});

describe('the status of a policy', () => {
  it('tells of the gate, the breaker, and what was refused', () => {
    const { clock, policy, send } = setUp({
      concurrency: { maxCount: 2, maxQueueLength: 1 },
      breaker: { ...breaker, failureCount: 1 },
    });
    const [first] = [send(), send(), send(), send()];
    const gate = { maxCount: 2, maxQueueLength: 1, queueRatio: 0.5, running: 2, waiting: 1 };
    expect(policy.gateStatus()).toEqual({ ...gate, rejections: { queue_full: 1 } });
    first.completed(500);
    clock.advance(0.5);
    const rejections = { queue_full: 1, circuit_open: 1 };
    expect(policy.gateStatus()).toEqual({
      ...gate,
      queueRatio: 0,
      running: 1,
      waiting: 0,
      rejections,
    });
    expect(policy.breakerStatus()).toEqual({
      state: 'open',
      trips: 1,
      remainingMs: TRIP_MS,
      rejections,
    });
  });

  it('has no timer left after dispose()', () => {
    const { clock, policy, send } = setUp({
      concurrency: { ...concurrency, maxCount: 3 },
      breaker: { ...breaker, failureCount: 1 },
      timeoutMs: 60_000,
    });
    const [first, second] = [send(), send(), send(), send()];
    first.leave();
    clock.advance(50);
    second.completed(500);
    expect(clock.pendingTimers).toBeGreaterThan(3);
    policy.dispose();
    expect(clock.pendingTimers).toBe(0);
  });
});
