import { AutoscaleError } from './errors.ts';
import { Inquiry } from './inquiry.ts';
import type { Metric } from './options.ts';
import type { Scaler } from './scalers/scaler.ts';

/** Whose answer was wanted. */
export type Asked = 'metric' | 'current' | 'scaleTo';

/** What a round is asked for. */
export interface RoundHost {
  readonly metric: Metric;
  readonly scaler: Scaler;
  failed(asked: Asked, error: unknown): void;
  /** Both have answered, or the time for it is over. Called once. */
  over(sample: number | undefined, count: number | undefined): void;
}

/** One sample, and the count of the moment. Both are asked for at once. */
export class Round {
  readonly #host: RoundHost;
  readonly #metric: Inquiry<number | undefined>;
  readonly #current: Inquiry<number>;
  #sample: number | undefined;
  #count: number | undefined;
  #isOver = false;

  constructor(host: RoundHost) {
    this.#host = host;
    this.#metric = new Inquiry({
      answered: (sample) => {
        this.#sample = Number.isFinite(sample) ? sample : undefined;
        this.#next();
      },
      failed: (error) => this.#failed('metric', error),
    });
    this.#current = new Inquiry({
      answered: (count) => {
        if (Number.isSafeInteger(count) && count >= 0) {
          this.#count = count;
          this.#next();
        } else {
          const message = `the scaler's count must be an integer of at least 0, got ${count}`;
          this.#failed('current', new AutoscaleError('invalid_count', message));
        }
      },
      failed: (error) => this.#failed('current', error),
    });
  }

  begin(): void {
    const { metric, scaler } = this.#host;
    this.#metric.ask((signal) => metric(signal));
    this.#current.ask((signal) => scaler.current(signal));
  }

  /** What has not come by now is missing. */
  end(afterMs: number): void {
    const late = new AutoscaleError('late', `no answer within ${afterMs} ms`);
    this.#metric.giveUp(late);
    this.#current.giveUp(late);
  }

  /** Nobody wants it any more. */
  drop(): void {
    this.#isOver = true;
    this.#metric.drop();
    this.#current.drop();
  }

  #failed(asked: Asked, error: unknown): void {
    if (this.#isOver) return;
    this.#host.failed(asked, error);
    this.#next();
  }

  #next(): void {
    if (this.#isOver || this.#metric.isOpen || this.#current.isOpen) return;
    this.#isOver = true;
    this.#host.over(this.#sample, this.#count);
  }
}
