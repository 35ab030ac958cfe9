import type { Clock, Timer } from '../../clock.ts';

/** A backend on its way out of its pool. */
export class Removal {
  /** Resolves when the backend is gone, or is not to go after all. */
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  readonly #discard: () => Promise<void>;
  readonly #resolve: (gone: Promise<void>) => void;
  #timer: Timer | undefined;
  #ended = false;

  constructor(clock: Clock, discard: () => Promise<void>) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gone = promise;
    this.#clock = clock;
    this.#discard = discard;
    this.#resolve = resolve;
  }

  /** Lets it finish what it has, for so long at most. */
  within(timeoutMs: number): void {
    if (this.#ended) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(() => this.end(), timeoutMs);
    this.#timer.unref?.();
  }

  /** It is not to go after all. */
  revoke(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#resolve(Promise.resolve());
  }

  /** It is idle, or must be so now. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.cancel();
    this.#resolve(this.#discard());
  }
}
