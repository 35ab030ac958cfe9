import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import {
  arrive,
  arriveInRow,
  type ScriptedPassage,
  scriptedRoute,
} from '@spillway/test/support/scripted-passage.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import { until } from '@spillway/test/support/until.ts';
import Bottleneck from 'bottleneck';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RequestView } from '../request-view.ts';
import { Lane, LaneBook } from './lane.ts';

const TOLD_AFTER_MS = 20;
const KEPT_MS = 250;

const spyOnJobs = () => vi.spyOn(Bottleneck.prototype, 'schedule');
let jobs: ReturnType<typeof spyOnJobs>;

beforeEach(() => {
  jobs = spyOnJobs();
});

afterEach(() => {
  vi.restoreAllMocks();
});

function setUp(maxCount: number) {
  const clock = new FakeClock();
  const key = ({ headers }: RequestView) => headers.key as string;
  const options = { maxCount, maxQueueLength: 1_000, timeoutMs: 600_000, key };
  const policy = scriptedRoute('limitConcurrency', options, clock);
  return { clock, policy };
}

/** What Bottleneck says of the jobs that it was given. */
function counts(): Bottleneck.Counts {
  const [bottleneck] = new Set(jobs.mock.contexts as unknown as Bottleneck[]);
  if (bottleneck === undefined) throw new Error('Bottleneck was not told of anything');
  return bottleneck.counts();
}

const nothing = { RECEIVED: 0, QUEUED: 0, RUNNING: 0, EXECUTING: 0 };

describe('work that is shorter than 20 ms', () => {
  it('is never told to Bottleneck', () => {
    const { clock, policy } = setUp(2);
    for (let round = 0; round < 50; round++) {
      const passages = arriveInRow(policy, 2);
      clock.advance(TOLD_AFTER_MS - 1);
      for (const passage of passages) passage.completed(200);
    }
    clock.advance(1_000);
    expect(jobs).not.toHaveBeenCalled();
  });

  it('is told of when it follows on other work without a pause', () => {
    const { clock, policy } = setUp(1);
    const [first, second] = arriveInRow(policy, 2);
    clock.advance(15);
    first?.completed(200);
    clock.advance(4);
    expect(jobs).not.toHaveBeenCalled();
    clock.advance(1);
    expect(jobs).toHaveBeenCalledOnce();
    second?.completed(200);
  });
});

describe('work that lasts', () => {
  it('is one job for many requests in a row', async () => {
    const { clock, policy } = setUp(1);
    for (const passage of arriveInRow(policy, 100)) {
      clock.advance(30);
      passage.completed(200);
    }
    expect(jobs).toHaveBeenCalledOnce();
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 1 }));
  });

  it('is as many jobs as there are slots at work', async () => {
    const { clock, policy } = setUp(3);
    const passages = arriveInRow(policy, 60);
    for (let served = 0; served < 60; served += 3) {
      clock.advance(TOLD_AFTER_MS);
      for (const passage of passages.slice(served, served + 3)) passage.completed(200);
    }
    expect(jobs).toHaveBeenCalledTimes(3);
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 3 }));
  });

  it('is a job of its key: each has a Bottleneck with the maxCount of the gate', () => {
    const { clock, policy } = setUp(2);
    for (const key of ['a', 'b', 'a']) arrive(policy, { key });
    clock.advance(TOLD_AFTER_MS);
    const contexts = jobs.mock.contexts as unknown as Bottleneck[];
    expect(new Set(contexts).size).toBe(2);
    expect(contexts).toHaveLength(3);
  });

  it('goes on when Bottleneck fails', async () => {
    const { clock, policy } = setUp(1);
    const caught = vi.fn();
    jobs.mockReturnValue({ catch: caught } as never);
    const [first, second] = arriveInRow(policy, 2);
    clock.advance(TOLD_AFTER_MS);
    expect(caught).toHaveBeenCalledOnce();
    first?.completed(200);
    expect(second?.isAtWork).toBe(true);
    second?.completed(200);
    clock.advance(KEPT_MS);
    expect(policy.gate).toMatchObject({ running: 0, waiting: 0 });
  });
});

describe('a lane that rests', () => {
  async function rested() {
    const { clock, policy } = setUp(1);
    const passage = arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    await until(() => expect(counts().EXECUTING).toBe(1));
    passage.completed(200);
    return { clock, policy };
  }

  it('is kept for 250 ms and reused', async () => {
    const { clock, policy } = await rested();
    for (let round = 0; round < 4; round++) {
      clock.advance(KEPT_MS - 1);
      expect(counts().EXECUTING).toBe(1);
      const passage = arrive(policy);
      clock.advance(10 * KEPT_MS);
      passage.completed(200);
    }
    expect(jobs).toHaveBeenCalledOnce();
  });

  it('is given back after that', async () => {
    const { clock } = await rested();
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual(nothing));
  });

  it('is not reused once it has been given back', async () => {
    const { clock, policy } = await rested();
    clock.advance(KEPT_MS);
    const passage = arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    expect(jobs).toHaveBeenCalledTimes(2);
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 1 }));
    passage.completed(200);
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual(nothing));
  });

  it('delays nobody while it still counts in Bottleneck after it was given back', async () => {
    const { clock, policy } = await rested();
    clock.advance(KEPT_MS);
    expect(counts().EXECUTING).toBe(1);
    const passages = arriveInRow(policy, 2);
    expect(passages.map(({ isAtWork }) => isAtWork)).toEqual([true, false]);
    clock.advance(TOLD_AFTER_MS);
    passages[0]?.completed(200);
    expect(passages[1]?.isAtWork).toBe(true);
    // The new job runs as soon as Bottleneck has done with the old one.
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 1 }));
  });

  it('is given back although Bottleneck has not begun its job yet', async () => {
    const { clock, policy } = setUp(1);
    const passage = arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    passage.completed(200);
    clock.advance(KEPT_MS);
    const passedOn = arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 1 }));
    passedOn.completed(200);
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual(nothing));
  });

  it('is one of several: those that are needed stay, the others are given back', async () => {
    const { clock, policy } = setUp(3);
    const passages = arriveInRow(policy, 3);
    clock.advance(TOLD_AFTER_MS);
    for (const passage of passages) passage.completed(200);
    clock.advance(KEPT_MS - 1);
    const [one] = arriveInRow(policy, 1);
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 1 }));
    expect(jobs).toHaveBeenCalledTimes(3);
    // The lane that was kept for the one is the only one that may be reused.
    one?.completed(200);
    const two = arriveInRow(policy, 2);
    clock.advance(TOLD_AFTER_MS);
    expect(jobs).toHaveBeenCalledTimes(4);
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 2 }));
    for (const passage of two) passage.completed(200);
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual(nothing));
  });
});

describe('a lane that comes back while slots are handed out', () => {
  it('rests when the one whom it was meant for has left', async () => {
    const { clock, policy } = setUp(1);
    const [first, second, third] = arriveInRow(policy, 3) as [
      ScriptedPassage,
      ScriptedPassage,
      ScriptedPassage,
    ];
    clock.advance(TOLD_AFTER_MS);
    second.onRun = () => {
      second.completed(200);
      third.leave();
    };
    first.completed(200);
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual(nothing));
    arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    expect(jobs).toHaveBeenCalledTimes(2);
    await until(() => expect(counts()).toEqual({ ...nothing, EXECUTING: 1 }));
  });

  it('is reused when another came back before it', async () => {
    const { clock, policy } = setUp(2);
    const passages = arriveInRow(policy, 5);
    const [first, second, third, fourth, fifth] = passages;
    clock.advance(TOLD_AFTER_MS);
    if (third !== undefined) {
      third.onRun = () => {
        second?.completed(200);
        third.completed(200);
      };
    }
    first?.completed(200);
    expect([fourth?.isAtWork, fifth?.isAtWork]).toEqual([true, true]);
    clock.advance(TOLD_AFTER_MS);
    expect(jobs).toHaveBeenCalledTimes(2);
    for (const passage of passages) passage.completed(200);
    clock.advance(KEPT_MS);
    await until(() => expect(counts()).toEqual(nothing));
  });
});

describe('the lanes that Bottleneck knows of', () => {
  it('are not those of short work beside them', () => {
    const { clock, policy } = setUp(2);
    const long = arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    arrive(policy).completed(200);
    clock.advance(100);
    long.completed(200);
    clock.advance(KEPT_MS - 1);
    arrive(policy);
    clock.advance(TOLD_AFTER_MS);
    expect(jobs).toHaveBeenCalledOnce();
  });

  it('are counted until they are given back', () => {
    const book = new LaneBook(2);
    const owner = { laneLasts: () => {}, laneRested: () => {} };
    const lanes = [new Lane(owner), new Lane(owner)] as const;
    for (const lane of lanes) book.open(lane);
    expect(book.told).toBe(2);
    for (const lane of lanes) book.rest(lane);
    expect(book.told).toBe(2);
    book.close(lanes[1]);
    expect(book.told).toBe(1);
    expect(book.reuse()).toBe(lanes[0]);
    book.close(lanes[0]);
    expect(book.told).toBe(0);
    expect(book.reuse()).toBeUndefined();
  });
});

it('never tells Bottleneck of more jobs at once than maxCount', async () => {
  const maxCount = 3;
  let open = 0;
  let most = 0;
  let all = 0;
  // Begins every job at once: whatever is open here has been told and not been given back.
  jobs.mockImplementation((async (job: () => Promise<void>) => {
    open++;
    all++;
    most = Math.max(most, open);
    await job();
    open--;
  }) as never);
  const { clock, policy } = setUp(maxCount);
  const random = seededRandom(5);
  let passages: ScriptedPassage[] = [];
  for (let step = 0; step < 5_000; step++) {
    const chance = random();
    if (chance < 0.35) passages.push(arrive(policy));
    else if (chance < 0.75) oneOf(passages, random)?.completed(200);
    else clock.advance(oneOf([1, 5, 10, 20, 249, 250], random) as number);
    passages = passages.filter(({ isOver }) => !isOver);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(open).toBeLessThanOrEqual(maxCount);
  }
  expect(most).toBe(maxCount);
  expect(all).toBeGreaterThan(100);
  while (passages.length > 0) {
    for (const passage of passages) passage.completed(200);
    passages = passages.filter(({ isOver }) => !isOver);
  }
  clock.advance(KEPT_MS + TOLD_AFTER_MS);
  await until(() => expect(open).toBe(0));
});

function oneOf<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)];
}
