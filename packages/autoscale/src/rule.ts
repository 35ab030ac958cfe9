import { type RuleConfig, samplesOf } from './options.ts';
import { SampleWindow } from './sample-window.ts';

/** What a rule says of its window, and of the cooldown. */
export interface RuleStatus {
  /** Over the window; `undefined` unless the window is full. */
  readonly average: number | undefined;
  /** Samples of the window that are missing, or have not come yet. */
  readonly missing: number;
  /** What is left of the cooldown, in milliseconds. */
  readonly cooldownMs: number;
}

/** One direction of scaling: a threshold, the window whose average is held against it, a cooldown. */
export class Rule {
  readonly config: RuleConfig;
  readonly #window: SampleWindow;
  readonly #direction: 1 | -1;

  /** @param direction 1 when it applies above the threshold, -1 when below */
  constructor(config: RuleConfig, threshold: number, direction: 1 | -1, sampleMs: number) {
    this.config = config;
    this.#window = new SampleWindow(samplesOf(config.windowMs, sampleMs), threshold);
    this.#direction = direction;
  }

  /** Whether the window has as many samples as the rule needs to decide anything. */
  get isFull(): boolean {
    return this.#window.isCovered && this.#window.missing <= this.config.maxMissing;
  }

  /** Whether the average over a full window is beyond the threshold. */
  get applies(): boolean {
    return this.isFull && this.#window.excess * this.#direction > 0;
  }

  get average(): number | undefined {
    return this.isFull ? this.#window.average : undefined;
  }

  take(sample: number | undefined): void {
    this.#window.push(sample);
  }

  skip(samples: number): void {
    this.#window.skip(samples);
  }

  /** What is left of the cooldown, in milliseconds. */
  cooldownMs(now: number, changedAt: number): number {
    return Math.max(0, changedAt + this.config.cooldownMs - now);
  }

  status(now: number, changedAt: number): RuleStatus {
    return {
      average: this.average,
      missing: this.#window.missing,
      cooldownMs: this.cooldownMs(now, changedAt),
    };
  }
}
