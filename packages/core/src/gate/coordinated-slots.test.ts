import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { type GivenSlots, givenCoordinator } from '@spillway/test/support/given-slots.ts';
import { arrive, arriveInRow } from '@spillway/test/support/scripted-passage.ts';
import { describe, expect, it } from 'vitest';
import { readRouteOptions } from '../route/options.ts';
import { RoutePolicy } from '../route/policy.ts';

function setUp(options: object = {}) {
  const { coordinator, slots } = givenCoordinator();
  const clock = new FakeClock();
  const config = readRouteOptions.limitConcurrency({ maxCount: 2, ...options }, '');
  const policy = new RoutePolicy('reports', config, clock, {}, coordinator);
  const given = () => slots.get('gate/reports/') as GivenSlots;
  return { clock, policy, slots, given };
}

describe('a gate whose slots all instances share', () => {
  it('holds a request back until it is known whether a slot is free, without a queue, too', () => {
    const { policy, given } = setUp();
    const passage = arrive(policy);
    expect(passage.told).toEqual([]);
    expect(policy.gate?.status()).toMatchObject({ running: 0, waiting: 0, queueRatio: 0 });
    given().grant(1);
    expect(passage.told).toEqual(['run']);
    expect(policy.gate?.status()).toMatchObject({ running: 1, waiting: 0 });
  });

  it('refuses it when none is free and there is no queue', () => {
    const { policy, given } = setUp();
    const passage = arrive(policy);
    given().noneFree();
    expect(passage.problem).toMatchObject({ code: 'queue_full', status: 429 });
    expect(given()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('lets it wait when none is free and the queue has room, the first ones first', () => {
    const { policy, given } = setUp({ maxQueueLength: 1 });
    const [first, second] = arriveInRow(policy, 2);
    given().noneFree();
    expect(first?.told).toEqual([]);
    expect(second?.problem?.code).toBe('queue_full');
    expect(policy.gate?.status()).toMatchObject({ waiting: 1, queueRatio: 0.5 });
    expect(arrive(policy).problem?.code).toBe('queue_full');
    given().grant(1);
    expect(first?.told).toEqual(['run']);
  });

  it('gives a slot that comes back to whoever is next, and tells how many are in use', () => {
    const { policy, given } = setUp({ maxQueueLength: 5 });
    given().grant(1);
    const [first, second, third] = arriveInRow(policy, 3);
    given().noneFree();
    expect(given()).toMatchObject({ running: 1, waiting: 2 });
    first?.completed(200);
    expect(second?.told).toEqual(['run']);
    third?.leave();
    second?.completed(200);
    expect(given()).toMatchObject({ running: 0, waiting: 0 });
    expect(policy.gate?.status()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('refuses all who wait, and newcomers, while the coordinator refuses', () => {
    const { policy, given } = setUp({ maxQueueLength: 5 });
    const passages = arriveInRow(policy, 3);
    given().refuse();
    const code = 'coordinator_unavailable';
    for (const { problem } of passages) expect(problem).toMatchObject({ code, status: 503 });
    expect(arrive(policy).problem).toMatchObject({ code, retryAfterSeconds: 1 });
    expect(policy.gate?.status()).toMatchObject({ running: 0, waiting: 0 });
  });

  it('gives back the slots of a key a second after its last request, refused ones too', () => {
    const { clock, policy, slots } = setUp({ key: ({ headers }: never) => headers['x-key'] });
    const passage = arrive(policy, { 'x-key': 'a' });
    const given = slots.get('gate/reports/a') as GivenSlots;
    given.noneFree();
    expect(passage.problem?.code).toBe('queue_full');
    expect(policy.gate?.keys).toBe(1);
    clock.advance(1_000);
    expect(policy.gate?.keys).toBe(0);
    expect(given.closed).toBe(true);
  });

  it('gives back its slots at its end', () => {
    const { policy, given } = setUp();
    policy.dispose();
    expect(given().closed).toBe(true);
  });
});
