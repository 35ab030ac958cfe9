import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { ScriptedPassage, scriptedRoute } from '@spillway/test/support/scripted-passage.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sanePriority } from '../gate/waiting-line.ts';
import type { RequestView } from '../request-view.ts';
import type { RoutePolicy } from './policy.ts';

const QUEUE_MS = 700;
const ABANDON_MS = 900;
const KEY_KEPT_MS = 1_000;

const setting = fc.record({
  maxCount: fc.integer({ min: 1, max: 3 }),
  maxQueueLength: fc.integer({ min: 0, max: 5 }),
  maxKeys: fc.integer({ min: 1, max: 3 }),
  keyed: fc.boolean(),
  timeoutMs: fc.option(fc.constantFrom(150, 1_000), { nil: undefined }),
  breaker: fc.option(
    fc.constantFrom(
      { failureCount: 1, tripDurationMs: 300, acceptRetryAfter: true },
      { failureCount: 3, tripDurationMs: 100 },
      { failurePercentage: 60, minimumRequests: 3, tripDurationMs: 500 },
    ),
    { nil: undefined },
  ),
});
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never;

/** What its work does in the very step in which it begins. */
type AtOnce = 'nothing' | 'completes' | 'leaves' | 'brings another';

type Step =
  | {
      readonly do: 'arrive';
      readonly key: string;
      readonly priority: number;
      readonly atOnce: AtOnce;
    }
  | { readonly do: 'complete'; readonly which: number; readonly status: number }
  | { readonly do: 'head'; readonly which: number; readonly status: number }
  | { readonly do: 'break' | 'end' | 'leave' | 'vanish' | 'answer'; readonly which: number }
  | { readonly do: 'shut down'; readonly which: number }
  | { readonly do: 'pass time'; readonly ms: number };

const which = fc.nat(40);
const status = fc.constantFrom(200, 200, 200, 404, 500, 503);
const atOnce = fc.constantFrom<AtOnce>(
  ...(['nothing', 'nothing', 'nothing', 'completes', 'leaves', 'brings another'] as const),
);
const key = fc.constantFrom('a', 'a', 'a', 'b', 'c', 'd', 'none', 'throws');
const priority = fc.constantFrom(5, 5, 5, 0, 9, -2, 0.5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('arrive' as const), key, priority, atOnce }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('complete' as const), which, status }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass time' as const),
      ms: fc.constantFrom(1, 19, 20, 99, 250, 700, 1_000),
    }),
  },
  fc.record({ do: fc.constant('head' as const), which, status }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['break', 'end', 'leave', 'leave', 'vanish', 'answer'] as const)),
      which,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('shut down' as const), which: fc.nat(400) }),
  },
);

/** What is known of a request from what was done to it, and from the plain words of the rules. */
interface Visit {
  readonly passage: ScriptedPassage;
  readonly key: string;
  readonly priority: number;
  readonly arrivedAt: number;
  /** It has been told to wait. */
  waited: boolean;
  /** When its slot will have come back, if nothing else happens. */
  releasedAt: number;
  abandoned: boolean;
}

class Watch {
  readonly visits: Visit[] = [];
  readonly #policy: RoutePolicy;
  readonly #clock: FakeClock;
  readonly #setting: Setting;
  runs = 0;
  runsAfterWait = 0;
  sawManyKeys = false;

  constructor(policy: RoutePolicy, clock: FakeClock, setting: Setting) {
    this.#policy = policy;
    this.#clock = clock;
    this.#setting = setting;
  }

  get #now(): number {
    return this.#clock.now();
  }

  /** Of those who hold a slot, by the model. */
  atWork(key?: string): Visit[] {
    return this.visits.filter(
      (visit) => visit.releasedAt > this.#now && (key === undefined || visit.key === key),
    );
  }

  /** Of those who have been told nothing yet. */
  inLine(key?: string): Visit[] {
    return this.visits.filter(
      (visit) => visit.passage.told.length === 0 && (key === undefined || visit.key === key),
    );
  }

  arrive({ key, priority, atOnce }: Step & { do: 'arrive' }): void {
    const passage = new ScriptedPassage(this.#policy);
    const visit: Visit = {
      passage,
      key: this.#setting.keyed ? key : 'all',
      priority: sanePriority(priority),
      arrivedAt: this.#now,
      waited: false,
      releasedAt: Number.NEGATIVE_INFINITY,
      abandoned: false,
    };
    const admits = this.#policy.breaker?.admits ?? true;
    const ahead = this.inLine(visit.key).length;
    const busy = this.#policy.gate?.running;
    passage.onRun = () => {
      this.#ran(visit);
      if (atOnce === 'completes') this.do(visit, { do: 'complete', which: 0, status: 200 });
      else if (atOnce === 'leaves') this.do(visit, { do: 'leave', which: 0 });
      else if (atOnce === 'brings another') {
        this.arrive({ do: 'arrive', key, priority, atOnce: 'nothing' });
      }
    };
    this.visits.push(visit);
    if (this.#setting.keyed && key === 'throws' && admits) {
      expect(() => passage.arrive({ key })).toThrow('of the application');
      expect(passage.told).toEqual(['left']);
      expect(this.#policy.gate?.running).toBe(busy);
      this.visits.pop();
      return;
    }
    passage.arrive({ key, priority: String(priority) });
    if (!admits) expect(passage.problem?.code).toBe('circuit_open');
    else if (passage.problem?.code === 'queue_full') {
      expect(ahead).toBe(this.#setting.maxQueueLength);
    }
    visit.waited = passage.told.length === 0;
  }

  /** Checks at each grant what must hold whatever happened before. */
  #ran(visit: Visit): void {
    const { maxCount, timeoutMs } = this.#setting;
    const { breaker } = this.#policy;
    const now = this.#now;
    this.runs++;
    expect(visit.passage.gone).toBe(false);
    expect(this.atWork(visit.key).length).toBeLessThan(maxCount);
    const others = this.inLine(visit.key).filter((other) => other !== visit);
    if (visit.waited) {
      this.runsAfterWait++;
      expect(now).toBeLessThanOrEqual(visit.arrivedAt + QUEUE_MS);
      for (const other of others) {
        expect(other.priority).toBeGreaterThanOrEqual(visit.priority);
        if (other.priority === visit.priority) {
          expect(this.visits.indexOf(other)).toBeGreaterThan(this.visits.indexOf(visit));
        }
      }
    } else {
      expect(others).toEqual([]);
    }
    expect(breaker?.state).not.toBe('open');
    // Every trial has been begun before the next may be: none is open beside this one.
    if (breaker?.state === 'half-open') expect(breaker.admits).toBe(false);
    visit.releasedAt =
      timeoutMs === undefined ? Number.POSITIVE_INFINITY : now + timeoutMs + ABANDON_MS;
  }

  do(visit: Visit, step: Exclude<Step, { do: 'arrive' | 'pass time' }>): void {
    const { passage } = visit;
    const holds = visit.releasedAt > this.#now;
    const timedOut = passage.told.includes('cutShort');
    switch (step.do) {
      case 'vanish':
        passage.gone = true;
        return;
      case 'answer':
        if (!holds || timedOut || visit.abandoned) return;
        passage.isAnswered = true;
        visit.releasedAt = Number.POSITIVE_INFINITY;
        return;
      case 'head':
        if (passage.isAtWork) passage.answered(step.status, { 'retry-after-ms': '400' });
        return;
      case 'leave':
        if (holds && !timedOut && !visit.abandoned) {
          visit.releasedAt = this.#now + ABANDON_MS;
          visit.abandoned = true;
        }
        passage.leave();
        return;
    }
    visit.releasedAt = Number.NEGATIVE_INFINITY;
    // Whatever is told of the end twice must be as told once.
    for (let times = 0; times < 2; times++) {
      if (step.do === 'complete') passage.completed(step.status);
      else if (step.do === 'break') passage.broke();
      else if (step.do === 'end') passage.ended();
      else passage.shutDown();
    }
  }

  check(): void {
    const { maxCount, maxQueueLength, maxKeys, keyed } = this.#setting;
    const { gate } = this.#policy;
    const now = this.#now;
    const atWork = this.atWork();
    const inLine = this.inLine();
    expect(gate).toMatchObject({ running: atWork.length, waiting: inLine.length });
    expect(this.visits.filter(({ passage }) => passage.isAtWork)).toEqual(atWork);
    expect(inLine.filter(({ arrivedAt }) => now >= arrivedAt + QUEUE_MS)).toEqual([]);
    expect(inLine.filter(({ passage }) => !passage.waits)).toEqual([]);
    const slots = countByKey(atWork);
    const lines = countByKey(inLine);
    expect(Math.max(0, ...slots.values())).toBeLessThanOrEqual(maxCount);
    expect(Math.max(0, ...lines.values())).toBeLessThanOrEqual(maxQueueLength);
    // Nobody waits beside a free slot.
    for (const key of lines.keys()) expect(slots.get(key)).toBe(maxCount);
    expect(gate?.queueRatio).toBe(Math.max(0, ...lines.values()) / maxCount);
    if (!keyed) return;
    expect(gate?.keys).toBeGreaterThanOrEqual(slots.size);
    if (slots.size > maxKeys) this.sawManyKeys = true;
  }
}

function countByKey(visits: readonly Visit[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of visits) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

const keyOf = ({ headers }: RequestView): string | undefined => {
  if (headers.key === 'throws') throw new TypeError('of the application');
  return headers.key === 'none' ? undefined : (headers.key as string);
};

it('keeps every limit and gives everything back once, under any interleaving', () => {
  const seen: Record<string, number> = {};
  const see = (what: string, count = 1) => {
    seen[what] = (seen[what] ?? 0) + count;
  };
  fc.assert(
    fc.property(setting, fc.array(step, { maxLength: 80, size: 'max' }), (given, steps) => {
      const clock = new FakeClock();
      const { maxCount, maxQueueLength, maxKeys, keyed, ...options } = given;
      const policy = scriptedRoute(
        'protect',
        {
          ...options,
          abandonMs: ABANDON_MS,
          concurrency: {
            maxCount,
            maxQueueLength,
            maxKeys,
            timeoutMs: QUEUE_MS,
            key: keyed ? keyOf : undefined,
            priority: ({ headers }: RequestView) => Number(headers.priority),
          },
        },
        clock,
      );
      const watch = new Watch(policy, clock, given);
      for (const step of steps) {
        if (step.do === 'arrive') watch.arrive(step);
        else if (step.do === 'pass time') clock.advance(step.ms);
        else if (watch.visits.length > 0) {
          // One of the latest, so that most are still under way.
          const recent = watch.visits.slice(-12);
          watch.do(recent[step.which % recent.length] as Visit, step);
        }
        watch.check();
      }
      see('a wait', watch.runsAfterWait);
      see('a run', watch.runs);
      if (watch.sawManyKeys) see('more keys at work than are remembered idle');

      for (const visit of watch.inLine()) watch.do(visit, { do: 'shut down', which: 0 });
      for (const visit of watch.visits) watch.do(visit, { do: 'shut down', which: 0 });
      watch.check();
      expect(policy.gate).toMatchObject({ running: 0, waiting: 0, queueRatio: 0 });
      clock.advance(KEY_KEPT_MS);
      expect(policy.gate?.keys).toBe(0);

      let rejected = 0;
      for (const { passage } of watch.visits) {
        const told = passage.told.join(' ');
        expect(['run left', 'run cutShort left', 'left refuse', 'left dropped']).toContain(told);
        see(told);
        if (passage.problem === undefined) continue;
        see(passage.problem.code);
        rejected++;
      }
      expect([...policy.rejections.values()].reduce((sum, count) => sum + count, 0)).toBe(rejected);
      policy.dispose();
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 1_000, seed: 71 },
  );
  // Otherwise the runs prove less than they seem to.
  for (const what of [
    ...['a run', 'a wait', 'more keys at work than are remembered idle'],
    ...['run left', 'run cutShort left', 'left refuse', 'left dropped'],
    ...['queue_full', 'queue_timeout', 'circuit_open', 'request_timeout', 'shutting_down'],
  ]) {
    expect(seen[what], what).toBeGreaterThan(200);
  }
});
