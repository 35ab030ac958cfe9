import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import { describe, expect, it } from 'vitest';

function setUp(maxCount = 1, queue = { maxQueueLength: 100, timeoutMs: 5_000 }, breaker = {}) {
  const clock = new FakeClock();
  const pool = scriptedPool({ backends: [{ id: 'a', maxCount, ...breaker }], queue }, clock);
  const send = () => {
    const request = new ScriptedSubmission(pool);
    request.begin();
    return request;
  };
  return { clock, pool, send };
}

const running = (requests: readonly ScriptedSubmission[]) =>
  requests.map(({ current }) => current !== undefined);

describe('the queue of a pool', () => {
  it('serves in the order of arrival, one for each place that becomes free', () => {
    const { pool, send } = setUp(2);
    const requests = [send(), send(), send(), send(), send()];
    expect(running(requests)).toEqual([true, true, false, false, false]);
    expect(pool.status()).toMatchObject({ running: 2, waiting: 3 });
    requests[1]?.reply(200);
    expect(running(requests)).toEqual([true, false, true, false, false]);
    requests[0]?.reply(200);
    expect(running(requests)).toEqual([false, false, true, true, false]);
    expect(pool.status()).toMatchObject({ running: 2, waiting: 1 });
  });

  it('is not used while there is room', () => {
    const { pool, send } = setUp(1, { maxQueueLength: 0, timeoutMs: 1 });
    expect(send().current).toBeDefined();
    expect(pool.status().waiting).toBe(0);
  });

  it('refuses the one too many, and keeps the others', () => {
    const { send } = setUp(1, { maxQueueLength: 2, timeoutMs: 5_000 });
    const [first, second, third, fourth] = [send(), send(), send(), send()];
    expect(fourth.problem).toMatchObject({ code: 'queue_full', status: 429, policy: 'chat' });
    first.reply(200);
    expect(running([second, third])).toEqual([true, false]);
    expect(second.problem).toBeUndefined();
  });

  it('lets go of a request whose time is over, and of its place', () => {
    const { clock, pool, send } = setUp(1, { maxQueueLength: 1, timeoutMs: 5_000 });
    const [first, second] = [send(), send()];
    clock.advance(4_999);
    expect(second.over).toBe(false);
    clock.advance(1);
    expect(second.problem).toMatchObject({ code: 'queue_timeout', status: 503 });
    const third = send();
    expect(third.over).toBe(false);
    first.reply(200);
    expect(second.leases).toEqual([]);
    expect(third.current).toBeDefined();
    expect(pool.status()).toMatchObject({ running: 1, waiting: 0 });
  });

  it('does not time what has left it to run', () => {
    const { clock, send } = setUp();
    const [first, second] = [send(), send()];
    first.reply(200);
    clock.advance(60_000);
    expect(second).toMatchObject({ over: false, problem: undefined });
  });

  it('gives nothing to a request whose caller has left', () => {
    const { send } = setUp();
    const [first, second, third] = [send(), send(), send()];
    second.leave();
    first.reply(200);
    expect(second.leases).toEqual([]);
    expect(third.current).toBeDefined();
  });

  describe('while places are handed out', () => {
    /** Three places are free at once, for the two that wait and one who comes in between. */
    function handOut() {
      const { clock, send } = setUp(3, undefined, {
        breaker: { failureCount: 1, tripDurationMs: 1_000 },
      });
      const occupants = [send(), send(), send()];
      const [trial, second, third] = [send(), send(), send()];
      for (const occupant of occupants) occupant.reply(500);
      clock.advance(1_000);
      let newcomer: ScriptedSubmission | undefined;
      let overtaken: boolean | undefined;
      second.onAttempt = () => {
        newcomer = send();
        overtaken = newcomer.path.length > third.path.length;
      };
      trial.reply(200);
      return { newcomer, overtaken, served: [second, third] };
    }

    it('lets nobody overtake', () => {
      const { overtaken, served } = handOut();
      expect(overtaken).toBe(false);
      expect(running(served)).toEqual([true, true]);
    });

    it('lets one who comes wait, and refuses nobody', () => {
      expect(handOut().newcomer?.problem).toBeUndefined();
    });
  });

  it('gives a request one place, also when another becomes free as it does', () => {
    const backends = ['a', 'b'].map((id) => ({ id, maxCount: 1 }));
    const pool = scriptedPool({ backends, queue: { maxQueueLength: 9 } });
    const requests = Array.from({ length: 4 }, () => new ScriptedSubmission(pool));
    const [first, second, third, fourth] = requests as [
      ScriptedSubmission,
      ScriptedSubmission,
      ScriptedSubmission,
      ScriptedSubmission,
    ];
    for (const request of requests) request.begin();
    third.onAttempt = () => second.reply(200);
    first.reply(200);
    expect(third.path).toEqual(first.path);
    expect(fourth.path).toEqual(second.path);
    expect(pool.status()).toMatchObject({ running: 2, waiting: 0 });
  });

  it('goes on when an attempt ends as it begins', () => {
    const { send } = setUp();
    const [first, second, third] = [send(), send(), send()];
    second.onAttempt = () => second.fail('connect_error');
    first.reply(200);
    expect(second.path).toEqual(['a']);
    expect(second.problem).toMatchObject({ code: 'bad_gateway' });
    expect(third.current).toBeDefined();
  });

  it('goes on when a tripped backend recovers, first with one trial, then with the rest', () => {
    const { clock, send } = setUp(
      3,
      { maxQueueLength: 9, timeoutMs: 60_000 },
      {
        breaker: { failureCount: 1, tripDurationMs: 1_000 },
      },
    );
    const running3 = [send(), send(), send()];
    const waiting = [send(), send(), send()];
    for (const request of running3) request.reply(500);
    expect(running(waiting)).toEqual([false, false, false]);
    clock.advance(1_000);
    expect(running(waiting)).toEqual([true, false, false]);
    waiting[0]?.reply(200);
    expect(running(waiting)).toEqual([false, true, true]);
  });

  it('does not hold requests that no free place could help', () => {
    const { clock, send } = setUp(
      1,
      { maxQueueLength: 9, timeoutMs: 60_000 },
      {
        breaker: { failureCount: 1 },
      },
    );
    const first = send();
    const lease = first.head(429);
    expect(send().problem, 'tripped and full').toMatchObject({ code: 'no_backend', status: 429 });
    lease.release(true, clock.now());
    expect(send().problem, 'tripped').toMatchObject({ code: 'no_backend', status: 429 });
  });

  it('has one timer for all, and none after dispose()', () => {
    const { clock, pool, send } = setUp();
    for (let request = 0; request < 50; request++) send();
    expect(clock.pendingTimers).toBe(1);
    pool.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  // At O(n) each, these steps would be 2 500 000 000.
  it('lets 50 000 leave in any order at once', () => {
    const { pool, send } = setUp(1, { maxQueueLength: 50_000, timeoutMs: 5_000 });
    send();
    const random = seededRandom(2);
    const order = Array.from({ length: 50_000 }, () => ({ request: send(), at: random() }));
    expect(pool.status().waiting).toBe(50_000);
    order.sort((a, b) => a.at - b.at);
    const startedAt = performance.now();
    for (const { request } of order) request.leave();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(pool.status().waiting).toBe(0);
  });
});
