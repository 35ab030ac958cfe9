import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { type GivenSlots, givenCoordinator } from '@spillway/test/support/given-slots.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { describe, expect, it } from 'vitest';

const ptu = { id: 'ptu', maxCount: 2 };
const payg = { id: 'payg', priority: 2 };

function setUp(options: Parameters<typeof scriptedPool>[0] = { backends: [ptu, payg] }) {
  const { coordinator, slots } = givenCoordinator();
  const clock = new FakeClock();
  const pool = scriptedPool(options, clock, undefined, coordinator);
  const slotsOf = (id: string) => slots.get(`backend/chat/${id}`) as GivenSlots;
  const arrive = (method?: string) => {
    const submission = new ScriptedSubmission(pool, method);
    submission.begin();
    return submission;
  };
  const stateOf = (id: string) => pool.status().backends.find((backend) => backend.id === id);
  return { pool, clock, slotsOf, arrive, stateOf };
}

describe('a backend whose slots all instances share', () => {
  it('has a request wait until it is known whether a slot is free, and does not spill over for it', () => {
    const { slotsOf, arrive, stateOf } = setUp();
    const submission = arrive();
    expect(submission.path).toEqual([]);
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 1 });
    slotsOf('ptu').grant(1);
    expect(submission.path).toEqual(['ptu']);
    expect(stateOf('ptu')).toMatchObject({ running: 1, available: true });
    submission.reply(200);
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 0 });
  });

  it('gives a slot that is free to the next request at once', () => {
    const { slotsOf, arrive } = setUp();
    slotsOf('ptu').grant(1);
    arrive().reply(200);
    expect(arrive().path).toEqual(['ptu']);
  });

  it('sends on to the next level those for whom there is none', () => {
    const { slotsOf, arrive, stateOf } = setUp();
    const [first, second, third] = [arrive(), arrive(), arrive()];
    expect(third.path).toEqual(['payg']);
    slotsOf('ptu').noneFree();
    expect([first.path, second.path]).toEqual([['payg'], ['payg']]);
    expect(stateOf('ptu')).toMatchObject({ running: 0, available: false });
    expect(arrive().path).toEqual(['payg']);
  });

  it('takes a request over that another backend has refused, when a slot is free there', () => {
    const backends = [{ id: 'stable' }, { ...ptu, priority: 2 }];
    const { slotsOf, arrive } = setUp({ backends });
    const submission = arrive();
    submission.reply(429);
    expect(submission.over).toBe(false);
    expect(submission.path).toEqual(['stable']);
    slotsOf('ptu').grant(1);
    expect(submission.path).toEqual(['stable', 'ptu']);
  });

  it('leaves the request with the answer of the other when none is', () => {
    const backends = [{ id: 'stable' }, { ...ptu, priority: 2 }];
    const { slotsOf, arrive } = setUp({ backends });
    const submission = arrive('GET');
    submission.fail('reset');
    slotsOf('ptu').noneFree();
    expect(submission.problem).toMatchObject({ code: 'bad_gateway' });
  });

  it('lets requests wait in the queue when none is free, and serves them when one is', () => {
    const queue = { maxQueueLength: 1 };
    const { pool, slotsOf, arrive } = setUp({ backends: [ptu], queue });
    const [first, second] = [arrive(), arrive()];
    slotsOf('ptu').noneFree();
    expect(pool.status().waiting).toBe(1);
    expect(second.problem?.code).toBe('queue_full');
    slotsOf('ptu').grant(1);
    expect(first.path).toEqual(['ptu']);
  });

  it('is not asked for one that has left', () => {
    const { slotsOf, arrive } = setUp();
    const submission = arrive();
    submission.leave();
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 0 });
    slotsOf('ptu').grant(1);
    expect(submission.path).toEqual([]);
  });

  it('refuses, with those who wait, while the coordinator refuses', () => {
    const queue = { maxQueueLength: 5 };
    const { slotsOf, arrive } = setUp({ backends: [ptu], queue });
    slotsOf('ptu').grant(1);
    const running = arrive();
    const [arriving, waiting] = [arrive(), arrive()];
    slotsOf('ptu').refuse();
    const refused = { code: 'coordinator_unavailable', status: 503 };
    expect(arriving.problem).toMatchObject(refused);
    expect(waiting.problem).toMatchObject(refused);
    expect(arrive().problem).toMatchObject(refused);
    running.reply(200);
    expect(running.answer).toBe(200);
  });

  it('sends those who arrive elsewhere when it trips or is removed', async () => {
    const breaker = { failureCount: 1, tripDurationMs: 1_000 };
    const { pool, slotsOf, arrive } = setUp({ backends: [{ ...ptu, breaker }, payg] });
    slotsOf('ptu').grant(1);
    const running = arrive();
    const arriving = arrive();
    running.reply(500);
    expect(arriving.path).toEqual(['payg']);
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 0 });
    await pool.remove('ptu');
    expect(slotsOf('ptu').closed).toBe(true);
  });

  it('does not wait for word for ever', () => {
    const { clock, slotsOf, arrive } = setUp();
    const submission = arrive();
    clock.advance(1_000);
    expect(submission.problem?.code).toBe('no_backend');
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 0 });
  });

  it('counts copies of requests as well', () => {
    const { pool, slotsOf } = setUp({ backends: [{ id: 'stable' }, { ...ptu, weight: 0 }] });
    pool.setShadow('ptu', 1);
    const [shadow] = pool.shadows;
    expect(shadow?.take(0)).toBeUndefined();
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 1 });
    slotsOf('ptu').grant(1);
    const lease = shadow?.take(0);
    expect(slotsOf('ptu')).toMatchObject({ running: 1, waiting: 0 });
    expect(shadow?.take(0)).toBeUndefined();
    lease?.release(true, 0);
    expect(slotsOf('ptu')).toMatchObject({ running: 0, waiting: 0 });
  });

  it('leaves backends without a limit alone', () => {
    const { slotsOf, arrive } = setUp({ backends: [payg] });
    expect(arrive().path).toEqual(['payg']);
    expect(slotsOf('payg')).toBeUndefined();
  });
});
