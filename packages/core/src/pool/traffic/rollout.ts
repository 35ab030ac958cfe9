import type { Clock, Timer } from '../../clock.ts';
import { ConfigurationError } from '../../errors.ts';
import {
  array,
  nonEmptyString,
  nonNegativeNumber,
  number,
  object,
  optional,
  positiveInteger,
  positiveMs,
} from '../../options.ts';
import type { Backend } from '../backend.ts';
import { type AttemptTotals, ratioOf, since, sumOf } from '../totals.ts';

/** When a rollout is broken off; both limits are differences between the new backend and the old ones. */
export interface RolloutLimits {
  /**
   * By how much the new backend's ratio of failures may exceed that of the old ones: 0.05 are five
   * points. Failures are 429, 5xx, and attempts without an answer.
   * @defaultValue 0.05
   */
  readonly failureRatio?: number | undefined;
  /**
   * By how much its mean time to the end of an answer may exceed theirs, in milliseconds.
   * @defaultValue no limit
   */
  readonly latencyMs?: number | undefined;
  /**
   * How many of its requests a step must have seen to be judged.
   * @defaultValue 20
   */
  readonly minimumRequests?: number | undefined;
}

export interface RolloutOptions {
  /** The id of the backend that is to take the traffic of its level over. */
  readonly to: string;
  /** Its share in each step: rising, above 0 and up to 1. */
  readonly steps: readonly number[];
  /** How long each step lasts at least, in milliseconds; longer while it cannot be judged yet. */
  readonly intervalMs: number;
  readonly abort?: RolloutLimits | undefined;
}

export type RolloutState = 'running' | 'paused' | 'completed' | 'aborted' | 'superseded';

/**
 * `step`: the share was raised. `hold`: too few requests to judge. `abort`: everything was put back.
 * `supersede`: the traffic was changed by other means.
 */
export type RolloutDecision =
  | 'step'
  | 'hold'
  | 'pause'
  | 'resume'
  | 'complete'
  | 'abort'
  | 'supersede';

/** What a decision was made on. Ratios and times of what has had no request are `undefined`. */
export interface RolloutReport {
  readonly to: string;
  readonly decision: RolloutDecision;
  /** For a person, where the figures do not say it. */
  readonly reason: string;
  /** The share of the new backend from now on. */
  readonly share: number;
  /** Its requests in the step that was judged, and what came of them. */
  readonly requests: number;
  readonly failureRatio: number | undefined;
  readonly latencyMs: number | undefined;
  /** The same of the old backends, since the rollout began. */
  readonly oldRequests: number;
  readonly oldFailureRatio: number | undefined;
  readonly oldLatencyMs: number | undefined;
}

/** Checked, with defaults filled in. */
export interface RolloutConfig {
  readonly to: string;
  readonly steps: readonly number[];
  readonly intervalMs: number;
  readonly abort: { readonly failureRatio: number; readonly minimumRequests: number } & Pick<
    RolloutLimits,
    'latencyMs'
  >;
}

const share = number('a share above 0 and up to 1', (value) => value > 0 && value <= 1);
const readLimits = object<RolloutConfig['abort']>({
  failureRatio: optional(nonNegativeNumber, 0.05),
  latencyMs: optional(nonNegativeNumber),
  minimumRequests: optional(positiveInteger, 20),
});
const readOptions = object<RolloutConfig>({
  to: nonEmptyString,
  steps: array(share),
  intervalMs: positiveMs,
  abort: optional(readLimits, readLimits({}, 'abort')),
});

export function readRolloutOptions(options: unknown, path: string): RolloutConfig {
  const config = readOptions(options, path);
  if (config.steps.length === 0) {
    throw new ConfigurationError(`${path}.steps`, 'must have at least one step', []);
  }
  config.steps.forEach((step, index) => {
    if (step > (config.steps[index - 1] ?? 0)) return;
    throw new ConfigurationError(`${path}.steps[${index}]`, 'must be above the step before', step);
  });
  return config;
}

/** What a rollout needs of its pool. */
export interface RolloutHost {
  readonly clock: Clock;
  /** The first step follows: who is told of it may end the rollout at once. */
  began(rollout: Rollout): void;
  /** Shares the level's traffic out; each of its backends is there. */
  share(shares: ReadonlyMap<Backend, number>): void;
  report(report: RolloutReport): void;
  /** The rollout is over. */
  ended(): void;
}

/** Moves a level's traffic to one of its backends, step by step, for as long as that one does well. */
export class Rollout {
  readonly config: RolloutConfig;
  /** Resolves when it is over, with how. */
  readonly done: Promise<RolloutState>;
  /** Of the level that it is about. */
  readonly priority: number;
  readonly #to: Backend;
  readonly #host: RolloutHost;
  /** What each backend of the level had before; in all 1. */
  readonly #before: ReadonlyMap<Backend, number>;
  readonly #oldBefore: ReadonlyMap<Backend, AttemptTotals>;
  readonly #finish: (state: RolloutState) => void;
  #state: RolloutState = 'running';
  #step = -1;
  #share = 0;
  #stepBegan: AttemptTotals;
  #timer: Timer | undefined;

  constructor(config: RolloutConfig, to: Backend, level: readonly Backend[], host: RolloutHost) {
    const { promise, resolve } = Promise.withResolvers<RolloutState>();
    const total = level.reduce((sum, { weight }) => sum + weight, 0);
    this.config = config;
    this.done = promise;
    this.#finish = resolve;
    this.priority = to.priority;
    this.#to = to;
    this.#host = host;
    this.#before = new Map(
      level.map((backend) => [backend, total === 0 ? 0 : backend.weight / total]),
    );
    const old = level.filter((backend) => backend !== to);
    this.#oldBefore = new Map(old.map((backend) => [backend, backend.totals]));
    this.#stepBegan = to.totals;
    to.onAttemptEnded = () => this.#guard();
    host.began(this);
    this.#next();
  }

  get state(): RolloutState {
    return this.#state;
  }

  /** The share of the new backend, as the last decision left it. */
  get share(): number {
    return this.#share;
  }

  /** Stays at this step. The limits are watched all the same. */
  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#timer?.cancel();
    this.#report('pause', 'asked for');
  }

  /** Goes on; the step begins anew. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#stepBegan = this.#to.totals;
    this.#wait();
    this.#report('resume', 'asked for');
  }

  /** Puts everything back as it was. */
  abort(): void {
    if (this.#isOver) return;
    this.#putBack('asked for');
  }

  /** Lets the traffic be changed by other means, and leaves it alone from now on. */
  supersede(reason: string, change: () => void): void {
    this.#end('superseded');
    change();
    this.#share = this.#to.draining ? 0 : this.#to.weight;
    this.#report('supersede', reason);
  }

  /** A snapshot, for `status()`. */
  status(): RolloutReport & { readonly state: RolloutState } {
    const decision = this.#step < 0 ? 'hold' : 'step';
    return { ...this.#figures(decision, ''), state: this.#state };
  }

  get #isOver(): boolean {
    return this.#state !== 'running' && this.#state !== 'paused';
  }

  #next(): void {
    this.#step++;
    // What the step before has seen is what this one is decided on.
    const report = this.#figures('step', `step ${this.#step + 1} of ${this.config.steps.length}`);
    this.#stepBegan = this.#to.totals;
    const share = this.config.steps[this.#step] as number;
    const old = [...this.#before].filter(([backend]) => backend !== this.#to && !backend.draining);
    const left = old.reduce((sum, [, part]) => sum + part, 0);
    this.#share = left === 0 ? 1 : share;
    const shares = new Map<Backend, number>([[this.#to, this.#share]]);
    for (const [backend, part] of old) {
      shares.set(backend, left === 0 ? 0 : ((1 - share) * part) / left);
    }
    // First of all: who listens to the shares may pause or end this rollout.
    this.#wait();
    this.#host.share(shares);
    if (!this.#isOver) this.#host.report({ ...report, share: this.#share });
  }

  #wait(): void {
    this.#timer?.cancel();
    this.#timer = this.#host.clock.setTimer(() => this.#stepIsOver(), this.config.intervalMs);
    this.#timer.unref?.();
  }

  #stepIsOver(): void {
    // The others may have become better since the last attempt of the new one.
    this.#guard();
    if (this.#isOver) return;
    const { requests } = this.#figures('hold', '');
    if (requests < this.config.abort.minimumRequests) {
      this.#wait();
      this.#report('hold', `fewer than ${this.config.abort.minimumRequests} requests`);
    } else if (this.#step + 1 < this.config.steps.length) {
      this.#next();
    } else {
      this.#end('completed');
      this.#report('complete', 'the last step did well');
    }
  }

  /** Watches the limits; called whenever an attempt at the new backend has ended. */
  #guard(): void {
    const { failureRatio: limit, latencyMs: limitMs, minimumRequests } = this.config.abort;
    const mine = since(this.#to.totals, this.#stepBegan);
    if (mine.requests < minimumRequests) return;
    const { failureRatio = 0, latencyMs = 0 } = ratioOf(mine);
    // The others' figures are gathered only when they may make a difference.
    if (failureRatio <= limit && (limitMs === undefined || latencyMs <= limitMs)) return;
    const theirs = ratioOf(this.#oldTotals());
    if (failureRatio - (theirs.failureRatio ?? 0) > limit) {
      this.#putBack(`its ratio of failures is more than ${limit} above that of the others`);
    } else if (
      limitMs !== undefined &&
      theirs.latencyMs !== undefined &&
      latencyMs - theirs.latencyMs > limitMs
    ) {
      this.#putBack(`its mean time is more than ${limitMs} ms above that of the others`);
    }
  }

  #putBack(reason: string): void {
    // The figures that decided it, before a new step would begin.
    const report = this.#figures('abort', reason);
    this.#end('aborted');
    const present = [...this.#before].filter(([backend]) => !backend.draining);
    const left = present.reduce((sum, [, part]) => sum + part, 0);
    if (left > 0) {
      const shares = new Map(present.map(([backend, part]) => [backend, part / left]));
      this.#share = shares.get(this.#to) ?? 0;
      this.#host.share(shares);
    }
    this.#host.report({ ...report, share: this.#share });
  }

  #end(state: RolloutState): void {
    this.#state = state;
    this.#timer?.cancel();
    this.#to.onAttemptEnded = undefined;
    this.#host.ended();
    this.#finish(state);
  }

  #report(decision: RolloutDecision, reason: string): void {
    this.#host.report(this.#figures(decision, reason));
  }

  #figures(decision: RolloutDecision, reason: string): RolloutReport {
    const mine = since(this.#to.totals, this.#stepBegan);
    const theirs = this.#oldTotals();
    const { failureRatio: oldFailureRatio, latencyMs: oldLatencyMs } = ratioOf(theirs);
    return {
      to: this.config.to,
      decision,
      reason,
      share: this.share,
      requests: mine.requests,
      ...ratioOf(mine),
      oldRequests: theirs.requests,
      oldFailureRatio,
      oldLatencyMs,
    };
  }

  #oldTotals(): AttemptTotals {
    return sumOf(Array.from(this.#oldBefore, ([backend, before]) => since(backend.totals, before)));
  }
}
