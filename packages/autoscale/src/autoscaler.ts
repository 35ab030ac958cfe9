import { EventEmitter } from 'node:events';
import {
  type Clock,
  type Logger,
  silentLogger,
  systemClock,
  type Timer,
  tell,
  unfailing,
} from '@spillway/core';
import { REASONS, type ScalingDecision, type ScalingReason } from './decision.ts';
import { AutoscaleError } from './errors.ts';
import { Inquiry } from './inquiry.ts';
import type { AutoscaleConfig } from './options.ts';
import { type Asked, Round } from './round.ts';
import { Rule, type RuleStatus } from './rule.ts';

/** What an autoscaler tells its listeners, by event name. */
export interface AutoscalerEvents {
  /** Each sample leads to one decision, most of them to `hold`. */
  decision: [ScalingDecision];
  /** A scaling is done. */
  scaled: [{ from: number; to: number; durationMs: number }];
  /** The metric or the scaler threw, rejected, or did not answer in time. */
  failure: [{ asked: Asked; error: unknown }];
}

/** An autoscaler's state, as the metrics have it. */
export interface AutoscalerStatus {
  readonly name: string;
  readonly running: boolean;
  readonly min: number;
  readonly max: number;
  /** Instances, as the scaler said at the last sample. */
  readonly count: number | undefined;
  /** Where a scaling is under way, how many there are to be. */
  readonly target: number | undefined;
  /** The last one; `undefined` when it is missing. */
  readonly sample: number | undefined;
  readonly scaleOut: RuleStatus;
  readonly scaleIn: RuleStatus;
  /** How often it was decided so, by reason. */
  readonly decisions: Readonly<Record<ScalingReason, number>>;
  readonly failures: Readonly<Record<Asked, number>>;
}

/** Samples a metric, and scales by rules on its average. Made by {@link autoscale}, and begins at once. */
export class Autoscaler extends EventEmitter<AutoscalerEvents> {
  readonly name: string;
  readonly #config: AutoscaleConfig;
  readonly #scaleOut: Rule;
  readonly #scaleIn: Rule;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #startedAt: number;
  readonly #onStop: () => void;
  readonly #decisions = countersOf(Object.keys(REASONS) as ScalingReason[]);
  readonly #failures = countersOf<Asked>(['metric', 'current', 'scaleTo']);
  #running = true;
  /** Samples since the start, those that are missing too. */
  #samples = 0;
  #timer: Timer | undefined;
  #round: Round | undefined;
  #scaling: { readonly inquiry: Inquiry<void>; readonly target: number } | undefined;
  #scaleTimer: Timer | undefined;
  #sample: number | undefined;
  #count: number | undefined;
  /** As it was when no scaling of ours was under way: what differs from it has been changed. */
  #settledCount: number | undefined;
  /** When the count was seen to change. */
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(config: AutoscaleConfig, onStop: () => void) {
    super();
    const { scaleOut, scaleIn, sampleMs } = config;
    this.name = config.name;
    this.#config = config;
    this.#scaleOut = new Rule(scaleOut, scaleOut.above, 1, sampleMs);
    this.#scaleIn = new Rule(scaleIn, scaleIn.below, -1, sampleMs);
    this.#clock = config.clock ?? systemClock;
    this.#logger = unfailing(config.logger ?? silentLogger);
    this.#onStop = onStop;
    this.#startedAt = this.#clock.now();
    this.#wait();
  }

  /** Ends sampling. A scaling that is under way is told so by its signal. Later calls do nothing. */
  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#timer?.cancel();
    this.#scaleTimer?.cancel();
    this.#round?.drop();
    this.#scaling?.inquiry.drop();
    this.#scaling = undefined;
    this.#onStop();
  }

  /** A snapshot; plain numbers. */
  status(): AutoscalerStatus {
    const { name, min, max } = this.#config;
    const now = this.#clock.now();
    return {
      name,
      running: this.#running,
      min,
      max,
      count: this.#count,
      target: this.#scaling?.target,
      sample: this.#sample,
      scaleOut: this.#scaleOut.status(now, this.#changedAt),
      scaleIn: this.#scaleIn.status(now, this.#changedAt),
      decisions: { ...this.#decisions },
      failures: { ...this.#failures },
    };
  }

  /** Samples come at multiples of `sampleMs`, so that lateness does not add up. */
  #wait(): void {
    const at = this.#startedAt + (this.#samples + 1) * this.#config.sampleMs;
    const delayMs = Math.max(0, at - this.#clock.now());
    this.#timer = this.#clock.setTimer(() => this.#begin(), delayMs);
    this.#timer.unref?.();
  }

  #begin(): void {
    const { metric, scaler, sampleMs } = this.#config;
    // What has not come by now is missing.
    this.#round?.end(sampleMs);
    // A listener may have stopped it.
    if (!this.#running) return;
    const due = Math.floor((this.#clock.now() - this.#startedAt) / sampleMs);
    // The process may have been too busy, or asleep, for some of them.
    const skipped = Math.max(0, due - this.#samples - 1);
    if (skipped > 0) {
      this.#scaleOut.skip(skipped);
      this.#scaleIn.skip(skipped);
    }
    this.#samples += skipped + 1;
    this.#round = new Round({
      metric,
      scaler,
      failed: (asked, error) => this.#failed(asked, error),
      over: (sample, count) => this.#decide(sample, count),
    });
    this.#wait();
    this.#round.begin();
  }

  #decide(sample: number | undefined, count: number | undefined): void {
    const now = this.#clock.now();
    this.#sample = sample;
    this.#scaleOut.take(sample);
    this.#scaleIn.take(sample);
    this.#count = count;
    if (count !== undefined && this.#scaling === undefined) this.#counted(count, now);
    const { reason, target = count, cooldownMs = 0 } = this.#judge(sample, count, now);
    const action = REASONS[reason];
    this.#decisions[reason]++;
    const decision: ScalingDecision = {
      action,
      reason,
      count,
      target,
      sample,
      scaleOutAverage: this.#scaleOut.average,
      scaleInAverage: this.#scaleIn.average,
      cooldownMs,
    };
    if (action !== 'hold') {
      this.#logger.info('autoscaler scales', { autoscaler: this.name, ...decision });
    }
    this.#tell('decision', decision);
    // A listener may have stopped it.
    if (action === 'hold' || !this.#running) return;
    this.#scale(count as number, target as number, now);
  }

  #judge(
    sample: number | undefined,
    count: number | undefined,
    now: number,
  ): { reason: ScalingReason; target?: number; cooldownMs?: number } {
    const { min, max } = this.#config;
    if (count === undefined) return { reason: 'no_count' };
    if (this.#scaling !== undefined) return { reason: 'scaling' };
    if (count < min) return { reason: 'below_min', target: min };
    if (count > max) return { reason: 'above_max', target: max };
    if (sample === undefined) return { reason: 'no_sample' };
    if (this.#scaleOut.applies) {
      if (count === max) return { reason: 'at_max' };
      const cooldownMs = this.#scaleOut.cooldownMs(now, this.#changedAt);
      if (cooldownMs > 0) return { reason: 'cooldown', cooldownMs };
      return { reason: 'above', target: Math.min(max, count + this.#scaleOut.config.by) };
    }
    if (this.#scaleIn.applies) {
      if (count === min) return { reason: 'at_min' };
      const cooldownMs = this.#scaleIn.cooldownMs(now, this.#changedAt);
      if (cooldownMs > 0) return { reason: 'cooldown', cooldownMs };
      return { reason: 'below', target: Math.max(min, count - this.#scaleIn.config.by) };
    }
    return { reason: this.#scaleOut.isFull && this.#scaleIn.isFull ? 'steady' : 'window_not_full' };
  }

  #scale(from: number, to: number, startedAt: number): void {
    const { scaler, scaleTimeoutMs } = this.#config;
    const inquiry = new Inquiry<void>({
      answered: () => {
        this.#scaled();
        const now = this.#clock.now();
        // Cooldowns begin now, and not when the scaler is next asked.
        this.#settledCount = to;
        this.#changedAt = now;
        const scaled = { from, to, durationMs: now - startedAt };
        this.#logger.info('autoscaler has scaled', { autoscaler: this.name, ...scaled });
        this.#tell('scaled', scaled);
      },
      failed: (error) => {
        this.#scaled();
        this.#failed('scaleTo', error);
      },
    });
    this.#scaling = { inquiry, target: to };
    this.#scaleTimer = this.#clock.setTimer(() => {
      inquiry.giveUp(new AutoscaleError('late', `not scaled within ${scaleTimeoutMs} ms`));
    }, scaleTimeoutMs);
    this.#scaleTimer.unref?.();
    inquiry.ask((signal) => scaler.scaleTo(to, signal));
  }

  #scaled(): void {
    this.#scaling = undefined;
    this.#scaleTimer?.cancel();
  }

  #counted(count: number, now: number): void {
    const before = this.#settledCount;
    if (before !== undefined && count !== before) this.#changedAt = now;
    this.#settledCount = count;
  }

  #failed(asked: Asked, error: unknown): void {
    this.#failures[asked]++;
    this.#logger.warn('autoscaler got no answer', { autoscaler: this.name, asked, error });
    this.#tell('failure', { asked, error });
  }

  #tell<E extends keyof AutoscalerEvents>(name: E, event: AutoscalerEvents[E][0]): void {
    tell(() => (this as EventEmitter).emit(name, event));
  }
}

function countersOf<T extends string>(names: readonly T[]): Record<T, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;
}
