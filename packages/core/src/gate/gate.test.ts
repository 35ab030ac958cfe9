import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  arrive,
  arriveInRow,
  ScriptedPassage,
  scriptedRoute,
} from '@spillway/test/support/scripted-passage.ts';
import { describe, expect, it } from 'vitest';
import type { RequestView } from '../request-view.ts';
import type { Gate } from './gate.ts';
import type { GateOptions } from './options.ts';

const byKey = ({ headers }: RequestView) => headers.key as string | undefined;
const byPriority = ({ headers }: RequestView) => Number(headers.priority);

function setUp(options: GateOptions) {
  const clock = new FakeClock();
  const policy = scriptedRoute('limitConcurrency', options, clock);
  const gate = policy.gate as Gate;
  const send = (key?: string, priority?: number) =>
    arrive(policy, { key, priority: priority === undefined ? undefined : String(priority) });
  /** Keeps a slot of the key for this long. */
  const work = (key: string, ms: number) => {
    const passage = send(key);
    clock.advance(ms);
    passage.completed(200);
  };
  /** Two requests, of which one has to wait: the key is remembered for that. */
  const contend = (key: string) => {
    const passages = [send(key), send(key)];
    for (const passage of passages) passage.completed(200);
  };
  return { clock, policy, gate, send, work, contend };
}

const atWork = (passages: readonly ScriptedPassage[]) => passages.map(({ isAtWork }) => isAtWork);

describe('a gate', () => {
  it('lets maxCount run, maxQueueLength wait, and refuses the rest', () => {
    const { policy, gate } = setUp({ maxCount: 2, maxQueueLength: 3 });
    const passages = arriveInRow(policy, 6);
    expect(passages.map(({ told }) => told)).toEqual([
      ...[['run'], ['run']],
      ...[[], [], []],
      ['left', 'refuse'],
    ]);
    expect(passages.map(({ waits }) => waits)).toEqual([false, false, true, true, true, false]);
    expect(gate).toMatchObject({ running: 2, waiting: 3, queueRatio: 1.5 });
    expect(passages[5]?.problem).toMatchObject({ code: 'queue_full', status: 429 });
  });

  it('has no queue unless one is asked for', () => {
    const { policy } = setUp({ maxCount: 1 });
    expect(arriveInRow(policy, 2)[1]?.problem?.code).toBe('queue_full');
  });

  it('serves in the order of arrival, one for each slot that is given back', () => {
    const { policy, gate } = setUp({ maxCount: 2, maxQueueLength: 9 });
    const passages = arriveInRow(policy, 5);
    passages[1]?.completed(200);
    expect(atWork(passages)).toEqual([true, false, true, false, false]);
    passages[0]?.completed(200);
    expect(atWork(passages)).toEqual([false, false, true, true, false]);
    expect(gate).toMatchObject({ running: 2, waiting: 1 });
    for (const passage of passages.slice(2)) passage.completed(200);
    expect(passages.every(({ told }) => told.join() === 'run,left')).toBe(true);
    expect(gate).toMatchObject({ running: 0, waiting: 0 });
  });

  it('serves a lower priority number first, and in order of arrival within it', () => {
    const { gate, send } = setUp({ maxCount: 1, maxQueueLength: 9, priority: byPriority });
    const order: string[] = [];
    const first = send();
    for (const [name, priority] of Object.entries({ a: 5, b: 9, c: 0, d: 5, e: -3, f: 0.5 })) {
      const passage = send(undefined, priority);
      passage.onRun = () => {
        order.push(name);
        passage.completed(200);
      };
    }
    first.completed(200);
    // -3 is cut to 0, and 0.5 counts as 5.
    expect(order.join('')).toBe('ceadfb');
    expect(gate).toMatchObject({ running: 0, waiting: 0 });
  });

  it('refuses the one too many whatever its priority, and keeps the others', () => {
    const { send } = setUp({ maxCount: 1, maxQueueLength: 1, priority: byPriority });
    const [, second, third] = [send(), send(undefined, 9), send(undefined, 0)];
    expect(second.waits).toBe(true);
    expect(third.problem?.code).toBe('queue_full');
  });

  it('lets nobody overtake while slots are handed out, also with a better priority', () => {
    const { send } = setUp({ maxCount: 2, maxQueueLength: 9, priority: byPriority });
    const [first, second, third, fourth] = [send(), send(), send(), send()];
    let newcomer: ScriptedPassage | undefined;
    third.onRun = () => {
      // Another slot becomes free, which is the fourth's.
      second.completed(200);
      newcomer = send(undefined, 5);
    };
    first.completed(200);
    expect(atWork([third, fourth])).toEqual([true, true]);
    expect(newcomer).toMatchObject({ isAtWork: false, waits: true });
  });

  it('hands out a slot that comes back while another is handed out', () => {
    const { gate, send } = setUp({ maxCount: 2, maxQueueLength: 9 });
    const [first, second, third, fourth, fifth] = [send(), send(), send(), send(), send()];
    third.onRun = () => {
      second.completed(200);
      third.completed(200);
    };
    first.completed(200);
    expect(atWork([third, fourth, fifth])).toEqual([false, true, true]);
    expect(gate).toMatchObject({ running: 2, waiting: 0 });
  });

  it('keeps a slot that nobody is left to take', () => {
    const { gate, send } = setUp({ maxCount: 1, maxQueueLength: 9 });
    const [first, second, third] = [send(), send(), send()];
    second.onRun = () => {
      second.completed(200);
      third.leave();
    };
    first.completed(200);
    expect(gate).toMatchObject({ running: 0, waiting: 0 });
    expect(atWork([send(), send()])).toEqual([true, false]);
  });

  it('frees the place in the queue of one who leaves, from wherever it stood', () => {
    const { gate, send } = setUp({ maxCount: 1, maxQueueLength: 3 });
    const [first, second, third, fourth] = [send(), send(), send(), send()];
    third.leave();
    expect(gate.waiting).toBe(2);
    expect(third.deadlines, 'nothing holds it until its time is over').toBeUndefined();
    const fifth = send();
    expect(fifth.waits).toBe(true);
    first.completed(200);
    second.completed(200);
    fourth.completed(200);
    expect(atWork([third, fifth])).toEqual([false, true]);
  });

  it('lets go of those whose time in the queue is over', () => {
    const { clock, gate, send } = setUp({ maxCount: 1, maxQueueLength: 9, timeoutMs: 5_000 });
    send();
    const second = send();
    clock.advance(3_000);
    const third = send();
    clock.advance(1_999);
    expect(gate.waiting).toBe(2);
    clock.advance(1);
    expect(second.problem).toMatchObject({ code: 'queue_timeout', status: 503 });
    expect(third.waits).toBe(true);
    expect(gate).toMatchObject({ running: 1, waiting: 1 });
  });

  it('does not time those in the queue who have left it to run', () => {
    const { clock, send } = setUp({ maxCount: 1, maxQueueLength: 9, timeoutMs: 5_000 });
    const [first, second] = [send(), send()];
    first.completed(200);
    clock.advance(60_000);
    expect(second.isAtWork).toBe(true);
  });

  it('has no timer after dispose()', () => {
    const { clock, policy, send } = setUp({ maxCount: 1, maxQueueLength: 9, key: byKey });
    const short = send('short');
    send('one');
    send('one');
    send('two');
    short.completed(200);
    clock.advance(50);
    expect(clock.pendingTimers).toBeGreaterThan(0);
    policy.dispose();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the keys of a gate', () => {
  const keyed = { maxCount: 1, maxQueueLength: 2, key: byKey } as const;

  it('have a gate each', () => {
    const { gate, send } = setUp(keyed);
    const [a, b, secondA] = [send('a'), send('b'), send('a')];
    expect(atWork([a, b, secondA])).toEqual([true, true, false]);
    b.completed(200);
    expect(secondA.waits).toBe(true);
    a.completed(200);
    expect(secondA.isAtWork).toBe(true);
    expect(gate.status()).toEqual({
      maxCount: 1,
      maxQueueLength: 2,
      running: 1,
      waiting: 0,
      queueRatio: 0,
      keys: 1,
    });
  });

  it('are one when the key is a string, and are not counted then', () => {
    const { gate, send } = setUp({ ...keyed, key: 'everybody' });
    expect(atWork([send('a'), send('b')])).toEqual([true, false]);
    expect(gate.status()).not.toHaveProperty('keys');
    expect(gate.keys).toBe(0);
  });

  it.each([undefined, null, ''])('are one of those who have none: %j', (none) => {
    const key = ({ headers }: RequestView) => (headers.key === 'none' ? none : undefined) as string;
    const { send } = setUp({ ...keyed, key });
    expect(atWork([send('none'), send('other'), send('none')])).toEqual([true, false, false]);
  });

  it('are told apart as strings', () => {
    const key = ({ headers }: RequestView) =>
      (headers.key === 'number' ? 7 : headers.key) as string;
    const { send } = setUp({ ...keyed, key });
    expect(atWork([send('number'), send('7'), send('__proto__')])).toEqual([true, false, true]);
  });

  it.each<[string, Partial<GateOptions>]>([
    ['key', {}],
    ['priority', { key: byKey }],
  ])('are left as they were by a %s function that throws', (_, functions) => {
    const boom = () => {
      throw new TypeError('of the application');
    };
    const { clock, policy, gate } = setUp({ ...keyed, key: boom, priority: boom, ...functions });
    const passage = new ScriptedPassage(policy);
    expect(() => passage.arrive({ key: 'new' })).toThrow('of the application');
    expect(passage.told).toEqual(['left']);
    expect(gate.status()).toMatchObject({ running: 0, waiting: 0, keys: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('have sums of what runs and waits, and the highest of their ratios', () => {
    const { gate, send } = setUp({ ...keyed, maxCount: 2, maxQueueLength: 5 });
    expect(gate.queueRatio).toBe(0);
    for (const key of ['a', 'a', 'a', 'b', 'b', 'b', 'b', 'b', 'c']) send(key);
    expect(gate).toMatchObject({ running: 5, waiting: 4, queueRatio: 1.5 });
  });

  it('are forgotten at once when nobody had to wait and no work has lasted', () => {
    const { clock, gate, send, work } = setUp(keyed);
    send('a').completed(200);
    work('b', 19);
    expect(gate.keys).toBe(0);
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
  });

  it.each(['contend', 'work'] as const)('are forgotten after a second otherwise: %s', (how) => {
    const { clock, gate, contend, work } = setUp(keyed);
    if (how === 'contend') contend('a');
    else work('a', 20);
    clock.advance(999);
    expect(gate.keys).toBe(1);
    clock.advance(1);
    expect(gate.keys).toBe(0);
    // The queue's timer is not cancelled each time that the queue is empty.
    expect(clock.pendingTimers).toBeLessThanOrEqual(1);
  });

  it('are the same, with what was learnt of them, when they come back within that second', () => {
    const { clock, gate, send, work } = setUp(keyed);
    work('a', 8_000);
    for (let other = 0; other < 30; other++) work(`other ${other}`, 1);
    clock.advance(900);
    const [first, second, third, fourth] = [send('a'), send('a'), send('a'), send('a')];
    // Its own mean, and not that of all.
    expect(fourth.problem?.retryAfterMs).toBe(8_000 * 3);
    clock.advance(2_000);
    expect(gate.keys).toBe(1);
    for (const passage of [first, second, third]) passage.completed(200);
    clock.advance(1_000);
    expect(gate.keys).toBe(0);
  });

  it('are not forgotten while anything runs or waits there', () => {
    const { clock, gate, send } = setUp(keyed);
    const [first, second] = [send('a'), send('a')];
    first.completed(200);
    clock.advance(5_000);
    expect(gate.keys).toBe(1);
    expect(send('a').waits).toBe(true);
    expect(second.isAtWork).toBe(true);
  });

  it('make room when there are maxKeys: the one that has been idle longest', () => {
    const { clock, gate, send, work } = setUp({ ...keyed, maxKeys: 2 });
    work('a', 8_000);
    clock.advance(1);
    work('b', 40);
    expect(gate.keys).toBe(2);
    const c = send('c');
    expect(gate.keys).toBe(2);
    // 'b' is still the one that was known: there is no mean of its own that is not 40.
    for (let request = 0; request < 3; request++) send('b');
    expect(send('b').problem?.retryAfterMs).toBe(40 * 3);
    expect(gate.keys).toBe(2);
    expect(c.isAtWork).toBe(true);
  });

  it('stay beyond maxKeys while they are at work', () => {
    const { clock, gate, send } = setUp({ ...keyed, maxKeys: 2 });
    const passages = ['a', 'b', 'c', 'd'].map((key) => send(key));
    expect(atWork(passages)).toEqual([true, true, true, true]);
    expect(gate.keys).toBe(4);
    for (const key of ['a', 'b', 'c', 'd']) expect(send(key).waits).toBe(true);
    passages[3]?.leave();
    passages[3]?.ended();
    clock.advance(60_000);
    expect(gate.keys).toBe(4);
  });

  it('are forgotten once they are idle again, when they were more than maxKeys', () => {
    const { gate, send } = setUp({ ...keyed, maxKeys: 2 });
    const passages = ['a', 'b', 'c', 'd', 'a', 'b', 'c', 'd'].map((key) => send(key));
    for (const passage of passages) passage.completed(200);
    expect(gate.keys).toBe(4);
    send('e');
    expect(gate.keys).toBe(2);
  });

  it('are not mistaken for those that were forgotten while they gave back their last slot', () => {
    const { clock, send } = setUp({ ...keyed, maxKeys: 2 });
    send('x').completed(200);
    const [first, second] = [send('a'), send('a')];
    second.onRun = () => {
      second.completed(200);
      // They take the room of 'x', and of 'a', which has become idle just now.
      const b = send('b');
      send('c');
      b.completed(200);
    };
    first.completed(200);
    const third = send('a');
    clock.advance(1_000);
    const fourth = send('a');
    expect(atWork([third, fourth])).toEqual([true, false]);
  });

  it('leave nothing behind when 100 000 come one after another', () => {
    const { clock, policy, gate, send, contend } = setUp(keyed);
    for (let key = 0; key < 100_000; key++) send(`key ${key}`).completed(200);
    expect(gate.keys).toBe(0);
    for (let key = 0; key < 100_000; key++) contend(`key ${key}`);
    expect(gate.keys).toBe(10_000);
    expect(clock.pendingTimers).toBeLessThanOrEqual(3);
    clock.advance(1_000);
    expect(gate.keys).toBe(0);
    clock.advance(30_000);
    expect(clock.pendingTimers).toBe(0);
    send('a').completed(200);
    policy.dispose();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the estimate of a gate', () => {
  /** Two slots, 18 in the queue. */
  function fill(timeoutMs = 600_000) {
    const { clock, policy, gate } = setUp({ maxCount: 2, maxQueueLength: 18, timeoutMs });
    const passages = arriveInRow(policy, 20);
    const estimate = () => Math.round(arrive(policy).problem?.retryAfterMs ?? -1);
    return { clock, policy, gate, passages, estimate };
  }

  it('comes from how long slots are held of late', () => {
    const { clock, policy, passages, estimate } = fill();
    for (let served = 0; served < 10; served += 2) {
      clock.advance(20_000);
      passages[served]?.completed(200);
      passages[served + 1]?.completed(200);
    }
    arriveInRow(policy, 10);
    expect(estimate()).toBe(190_000);
  });

  it('follows what changes', () => {
    const { clock, policy, passages, estimate } = fill();
    const queue = [...passages];
    const serve = (heldMs: number) => {
      clock.advance(heldMs);
      for (let slot = 0; slot < 2; slot++) queue.shift()?.completed(200);
      queue.push(...arriveInRow(policy, 2));
    };
    for (let round = 0; round < 5; round++) serve(20_000);
    for (let round = 0; round < 30; round++) serve(1_000);
    expect(estimate()).toBeGreaterThan(9_500);
    expect(estimate()).toBeLessThan(9_900);
  });

  it('comes, before anything has ended, from how long those that run have run', () => {
    const { clock, estimate } = fill();
    expect(estimate()).toBe(0);
    clock.advance(6_000);
    expect(estimate()).toBe(57_000);
  });

  it('grows while nothing ends', () => {
    const { clock, passages, policy, estimate } = fill();
    clock.advance(1_000);
    passages[0]?.completed(200);
    arrive(policy);
    expect(estimate()).toBe(9_500);
    clock.advance(1_000);
    expect(estimate()).toBe(9_500);
    clock.advance(9_000);
    expect(estimate()).toBe(95_000);
    clock.advance(10_000);
    expect(estimate()).toBe(190_000);
  });

  it('counts only those who wait still', () => {
    const { clock, passages, policy, estimate } = fill();
    clock.advance(2_000);
    expect(estimate()).toBe(19_000);
    for (const passage of passages.slice(11)) passage.leave();
    arriveInRow(policy, 8);
    passages[2]?.leave();
    passages[3]?.leave();
    // Of the moment when the queue is full again: none of them is counted twice.
    arriveInRow(policy, 3);
    expect(estimate()).toBe(19_000);
  });

  it('is told to those whose time in the queue is over, without themselves', () => {
    const { clock, passages } = fill(5_000);
    clock.advance(5_000);
    const waits = passages.slice(2).map(({ problem }) => problem?.retryAfterMs);
    expect(waits).toEqual(Array.from({ length: 18 }, (_, index) => (18 - index) * 2_500));
  });

  it('does not learn from slots that were not used', () => {
    const { clock, passages, policy, estimate } = fill();
    clock.advance(2_000);
    for (const passage of passages.slice(2, 12)) passage.gone = true;
    passages[0]?.completed(200);
    passages[1]?.completed(200);
    expect(passages[12]?.isAtWork).toBe(true);
    arriveInRow(policy, 12);
    expect(estimate()).toBe(19_000);
  });

  it('of a key that is new is the mean of all', () => {
    const { send, work } = setUp({ maxCount: 1, key: byKey });
    for (let request = 0; request < 4; request++) work('a', 3_000);
    send('b');
    expect(send('b').problem?.retryAfterMs).toBe(3_000);
  });

  it('of a key that is known is its own', () => {
    const { send, work } = setUp({ maxCount: 1, key: byKey });
    work('b', 200);
    for (let request = 0; request < 4; request++) work('a', 100);
    work('b', 200);
    send('b');
    expect(send('b').problem?.retryAfterMs).toBe(200);
  });
});
