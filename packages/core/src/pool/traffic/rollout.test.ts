import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  type Reply,
  ScriptedSubmission,
  scriptedPool,
} from '@spillway/test/support/scripted-submission.ts';
import { describe, expect, it } from 'vitest';
import type { Pool } from '../pool.ts';
import type { RolloutOptions, RolloutReport } from './rollout.ts';

const steps = [0.01, 0.1, 0.5, 1];

type Sketches = Parameters<typeof scriptedPool>[0]['backends'];

function setUpPool(backends: Sketches = [{ id: 'v1' }, { id: 'v2', weight: 0 }]) {
  const clock = new FakeClock();
  const pool = scriptedPool({ backends }, clock);
  const reports: RolloutReport[] = [];
  pool.on('rollout', (report) => reports.push(report));
  const rollout = (options: Partial<RolloutOptions> = {}) =>
    pool.rollout({ to: 'v2', steps, intervalMs: 60_000, ...options });
  const decisions = () => reports.map(({ decision, share }) => [decision, share]);
  return { clock, pool, rollout, reports, decisions };
}

function setUp(options: Partial<RolloutOptions> = {}) {
  const pooled = setUpPool();
  return { ...pooled, rollout: pooled.rollout(options) };
}

const weights = (pool: Pool) =>
  Object.fromEntries(pool.status().backends.map(({ id, weight }) => [id, weight]));

/** Requests that each take so long, and are answered so by the two. */
function serve(
  pool: Pool,
  clock: FakeClock,
  requests: number,
  replies: Partial<Record<string, Reply>> = {},
  durations: Partial<Record<string, number>> = {},
) {
  for (let index = 0; index < requests; index++) {
    const submission = new ScriptedSubmission(pool, 'POST');
    submission.begin();
    const id = submission.path[0] ?? '';
    clock.advance(durations[id] ?? 1);
    const reply = replies[id] ?? 200;
    if (typeof reply === 'string') submission.fail(reply);
    else submission.reply(reply as number);
  }
}

describe('a rollout', () => {
  it('moves the shares step by step, judges the last step too, and is completed', async () => {
    const { clock, pool, rollout, decisions, reports } = setUp();
    const seen: number[] = [];
    for (const step of steps) {
      seen.push(weights(pool).v2 ?? 0);
      expect(weights(pool)).toEqual({ v1: 1 - step, v2: step });
      serve(pool, clock, Math.ceil(20 / step));
      expect(rollout.state).toBe('running');
      clock.advance(60_000);
    }
    expect(await rollout.done).toBe('completed');
    expect(seen).toEqual(steps);
    expect(weights(pool)).toEqual({ v1: 0, v2: 1 });
    expect(decisions()).toEqual([...steps.map((step) => ['step', step]), ['complete', 1]]);
    expect(clock.pendingTimers).toBe(0);
    expect(reports.map(({ requests }) => requests)).toEqual([0, 20, 20, 20, 20]);
    expect(pool.status().rollouts).toEqual([]);
  });

  it('holds while there are too few requests to judge', () => {
    const { clock, pool, decisions, reports } = setUp({ steps: [0.5, 1] });
    serve(pool, clock, 38);
    clock.advance(60_000);
    expect(decisions().at(-1)).toEqual(['hold', 0.5]);
    expect(reports.at(-1)?.reason).toBe('fewer than 20 requests');
    serve(pool, clock, 2);
    clock.advance(60_000);
    expect(decisions().at(-1)).toEqual(['step', 1]);
  });

  it.each<[string, Reply]>([
    ['fails', 500],
    ['throttles', 429],
    ['resets', 'reset'],
  ])('puts everything back at once when the new backend %s', async (_, reply) => {
    const { clock, pool, rollout, reports } = setUp({ steps: [0.5, 1] });
    serve(pool, clock, 38, { v2: reply });
    expect(rollout.state).toBe('running');
    serve(pool, clock, 2, { v2: reply });
    expect(rollout.state).toBe('aborted');
    expect(await rollout.done).toBe('aborted');
    expect(weights(pool)).toEqual({ v1: 1, v2: 0 });
    expect(reports.at(-1)).toEqual({
      to: 'v2',
      decision: 'abort',
      reason: 'its ratio of failures is more than 0.05 above that of the others',
      share: 0,
      requests: 20,
      failureRatio: 1,
      latencyMs: 1,
      oldRequests: expect.any(Number),
      oldFailureRatio: 0,
      oldLatencyMs: 1,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('judges failures against those of the old one', () => {
    const { clock, pool, rollout } = setUp({
      steps: [0.5, 1],
      abort: { failureRatio: 0.1, minimumRequests: 10 },
    });
    serve(pool, clock, 100, { v1: 500, v2: 500 });
    expect(rollout.state).toBe('running');
  });

  it('judges the mean time against that of the old one', () => {
    const limits = { latencyMs: 50, minimumRequests: 10 };
    const slow = setUp({ steps: [0.5, 1], abort: limits });
    serve(slow.pool, slow.clock, 19, {}, { v1: 100, v2: 151 });
    expect(slow.rollout.state).toBe('running');
    serve(slow.pool, slow.clock, 3, {}, { v1: 100, v2: 151 });
    expect(slow.rollout.state).toBe('aborted');
    expect(slow.reports.at(-1)?.reason).toContain('more than 50 ms above');
    const alike = setUp({ steps: [0.5, 1], abort: limits });
    serve(alike.pool, alike.clock, 100, {}, { v1: 500, v2: 550 });
    expect(alike.rollout.state).toBe('running');
  });

  it('watches the last step too, against what the old one did before', () => {
    const { clock, pool, rollout } = setUp({ steps: [0.5, 1], abort: { minimumRequests: 10 } });
    serve(pool, clock, 40);
    clock.advance(60_000);
    expect(weights(pool)).toEqual({ v1: 0, v2: 1 });
    serve(pool, clock, 10, { v2: 503 });
    expect(rollout.state).toBe('aborted');
    expect(weights(pool)).toEqual({ v1: 1, v2: 0 });
  });

  it('forgets what a step before has seen', () => {
    const { clock, pool, rollout } = setUp({
      steps: [0.5, 1],
      abort: { failureRatio: 0.2, minimumRequests: 10 },
    });
    serve(pool, clock, 100);
    clock.advance(60_000);
    serve(pool, clock, 10, { v2: 500 });
    expect(rollout.state).toBe('aborted');
  });

  it('counts what a caller gave up as nothing', () => {
    const { pool, rollout, reports, clock } = setUp({ steps: [1], abort: { minimumRequests: 1 } });
    const submission = new ScriptedSubmission(pool);
    submission.begin();
    submission.leases[0]?.release(false, clock.now());
    clock.advance(60_000);
    expect(reports.at(-1)).toMatchObject({
      decision: 'hold',
      requests: 0,
      failureRatio: undefined,
    });
    expect(rollout.state).toBe('running');
  });

  it('stays where it is while paused, though its limits are watched', () => {
    const { clock, pool, rollout, decisions } = setUp({
      steps: [0.5, 1],
      abort: { minimumRequests: 10 },
    });
    serve(pool, clock, 40);
    rollout.pause();
    clock.advance(600_000);
    expect(weights(pool)).toEqual({ v1: 0.5, v2: 0.5 });
    rollout.resume();
    serve(pool, clock, 20);
    clock.advance(60_000);
    expect(weights(pool)).toEqual({ v1: 0, v2: 1 });
    rollout.pause();
    serve(pool, clock, 10, { v2: 500 });
    expect(rollout.state).toBe('aborted');
    expect(decisions().map(([decision]) => decision)).toEqual([
      'step',
      'pause',
      'resume',
      'step',
      'pause',
      'abort',
    ]);
  });

  it('can be aborted by hand, and ends only once', async () => {
    const { pool, rollout, decisions } = setUp({ steps: [0.5] });
    rollout.abort();
    rollout.abort();
    rollout.pause();
    rollout.resume();
    expect(await rollout.done).toBe('aborted');
    expect(weights(pool)).toEqual({ v1: 1, v2: 0 });
    expect(decisions()).toEqual([
      ['step', 0.5],
      ['abort', 0],
    ]);
  });

  it('keeps the proportions of several old backends, and puts back what the new one had', () => {
    const clock = new FakeClock();
    const backends = [{ id: 'a', weight: 3 }, { id: 'b' }, { id: 'c', weight: 1 }];
    const pool = scriptedPool({ backends: [...backends, { id: 'spare', priority: 2 }] }, clock);
    const rollout = pool.rollout({ to: 'c', steps: [0.5], intervalMs: 1_000 });
    const close = (shares: Record<string, number>) =>
      Object.fromEntries(Object.entries(shares).map(([id, part]) => [id, expect.closeTo(part, 9)]));
    expect(weights(pool)).toEqual(close({ a: 0.375, b: 0.125, c: 0.5, spare: 1 }));
    rollout.abort();
    expect(weights(pool)).toEqual(close({ a: 0.6, b: 0.2, c: 0.2, spare: 1 }));
  });

  it('leaves the traffic alone once it is set by hand, or the backend is removed', async () => {
    const byHand = setUp({ steps: [0.5] });
    byHand.pool.setTraffic({ v1: 0.7, v2: 0.3 });
    expect(await byHand.rollout.done).toBe('superseded');
    expect(weights(byHand.pool)).toEqual({ v1: 0.7, v2: 0.3 });
    expect(byHand.clock.pendingTimers).toBe(0);
    const removed = setUp({ steps: [0.5] });
    await removed.pool.remove('v2');
    expect(removed.rollout.state).toBe('superseded');
    expect(weights(removed.pool)).toEqual({ v1: 0.5 });
  });

  it('ends, and never goes on, whatever a listener does in the middle of a step', () => {
    const first = setUpPool();
    first.pool.once('traffic', () => first.pool.setTraffic({ v1: 0.7, v2: 0.3 }));
    const rollout = first.pool.rollout({ to: 'v2', steps: [0.5, 1], intervalMs: 1_000 });
    expect([rollout.state, rollout.share]).toEqual(['superseded', 0.3]);
    expect(weights(first.pool)).toEqual({ v1: 0.7, v2: 0.3 });
    expect(first.decisions()).toEqual([['supersede', 0.3]]);
    expect(first.clock.pendingTimers).toBe(0);
    first.pool.rollout({ to: 'v2', steps: [0.5], intervalMs: 1_000 });

    for (const act of ['abort', 'pause'] as const) {
      const { pool, clock, rollout } = setUp({ steps: [0.5, 1], abort: { minimumRequests: 1 } });
      pool.on('traffic', ({ shares }) => shares.v2 === 1 && rollout[act]());
      serve(pool, clock, 4);
      clock.advance(60_000);
      expect(rollout.state).toBe(act === 'abort' ? 'aborted' : 'paused');
      expect(weights(pool).v2).toBe(act === 'abort' ? 0 : 1);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('finds the change made when it tells that it gave way to it', async () => {
    const { pool, clock, reports } = setUp({ steps: [0.5] });
    const refused: unknown[] = [];
    pool.on('rollout', ({ decision }) => {
      if (decision !== 'supersede') return;
      try {
        pool.rollout({ to: 'v2', steps: [1], intervalMs: 1_000 });
      } catch (error) {
        refused.push((error as Error).message);
      }
    });
    await pool.remove('v2');
    expect(refused).toEqual([expect.stringContaining('to must name a backend of this pool')]);
    expect(reports.at(-1)).toMatchObject({ decision: 'supersede', share: 0 });
    expect(pool.status().rollouts).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('judges at the end of a step, too: the old backends may have become better since', () => {
    const breaker = { failureCount: 20, tripDurationMs: 600_000 };
    const { pool, clock, rollout } = setUpPool([{ id: 'v1' }, { id: 'v2', weight: 0, breaker }]);
    const started = rollout({ steps: [0.5, 1] });
    serve(pool, clock, 40, { v1: 500, v2: 500 });
    expect(pool.status().backends[1]?.available).toBe(false);
    serve(pool, clock, 1_000);
    expect(started.state).toBe('running');
    clock.advance(60_000);
    expect(started.state).toBe('aborted');
    expect(weights(pool)).toEqual({ v1: 1, v2: 0 });
  });

  it.each([
    ['is alone in its level', [{ id: 'v1' }, { id: 'v2', priority: 0, weight: 0 }]],
    ['has all the traffic already', [{ id: 'v1', weight: 0 }, { id: 'v2' }]],
  ])('is refused when the new backend %s, and would jump to the end', (_, backends) => {
    const { pool, rollout } = setUpPool(backends);
    const before = weights(pool);
    expect(() => rollout({ steps: [0.01] })).toThrow(
      'pool(chat).rollout.to must have traffic to take over',
    );
    expect(weights(pool)).toEqual(before);
  });

  it('says what share the new backend has once it is the only one left', async () => {
    const { pool, clock, reports, rollout } = setUp({
      steps: [0.5, 0.6],
      abort: { minimumRequests: 1 },
    });
    await pool.remove('v1');
    serve(pool, clock, 2);
    clock.advance(60_000);
    expect([rollout.share, reports.at(-1)?.share]).toEqual([1, 1]);
    rollout.abort();
    expect([rollout.share, reports.at(-1)?.share]).toEqual([1, 1]);
    expect(weights(pool)).toEqual({ v2: 1 });
  });

  it('goes on when an old backend is removed', async () => {
    const { pool, rollout, clock } = setUp({ steps: [0.5, 1], abort: { minimumRequests: 1 } });
    pool.add({ id: 'v0', url: 'http://127.0.0.1:9' });
    await pool.remove('v1');
    serve(pool, clock, 2);
    clock.advance(60_000);
    expect(weights(pool)).toEqual({ v2: 1, v0: 0 });
    expect(rollout.state).toBe('running');
  });

  it('shows in the status while it is under way', () => {
    const { pool, clock } = setUp({ steps: [0.5, 1] });
    serve(pool, clock, 4);
    const [status] = pool.status().rollouts;
    expect(status).toMatchObject({ to: 'v2', state: 'running', share: 0.5, requests: 2 });
    expect(JSON.parse(JSON.stringify(pool.status()))).toEqual(pool.status());
  });

  it.each<[string, object, RegExp]>([
    ['an unknown backend', { to: 'v3' }, /^pool\(chat\)\.rollout\.to must name a backend.*"v3"$/],
    ['no steps', { steps: [] }, /\.steps must have at least one step/],
    ['a step of 0', { steps: [0] }, /\.steps\[0\] must be a share above 0 and up to 1, got 0$/],
    ['a step above 1', { steps: [1.1] }, /\.steps\[0\] must be a share/],
    [
      'steps that fall',
      { steps: [0.5, 0.5] },
      /\.steps\[1\] must be above the step before, got 0.5/,
    ],
    ['no interval', { intervalMs: 0 }, /\.intervalMs must be/],
    ['a wrong limit', { abort: { failureRatio: -1 } }, /\.abort\.failureRatio must be/],
    ['a hole among the steps', { steps: Object.assign([0.1], { 2: 0.5 }) }, /\.steps\[1\] must be/],
    ['an unknown limit', { abort: { p99Ms: 1 } }, /\.abort\.p99Ms is not an option/],
  ])('is refused with %s, and nothing changes', (_, options, message) => {
    const pool = scriptedPool({ backends: [{ id: 'v1' }, { id: 'v2', weight: 0 }] });
    const given = { to: 'v2', steps: [0.1], intervalMs: 1_000, ...options };
    expect(() => pool.rollout(given)).toThrow(message);
    expect(weights(pool)).toEqual({ v1: 1, v2: 0 });
  });

  it('is refused while another one of the level is under way', () => {
    const { pool } = setUp();
    const options = { to: 'v1', steps: [0.1], intervalMs: 1_000 };
    expect(() => pool.rollout(options)).toThrow('must wait for the end of the rollout to "v2"');
  });
});
