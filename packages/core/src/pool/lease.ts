import { type AnswerHeaders, askedWaitMs } from '../asked-wait.ts';
import type { Breaker, Pass } from '../breaker/breaker.ts';
import { DEFAULT_MAX_TRIP_DURATION_MS } from '../breaker/rule.ts';
import type { Backend } from './backend.ts';
import { type AttemptFailure, type AttemptOutcome, outcomeOf, reasonOf } from './outcome.ts';

/**
 * One attempt's place at a backend. Taken when the backend is chosen, given back once by
 * {@link release}; what happens between the two decides what the breaker and the metrics learn.
 */
export class Lease<B extends Backend = Backend> {
  readonly backend: B;
  readonly startedAt: number;
  /** The one that has let it through. */
  readonly #breaker: Breaker | undefined;
  readonly #pass: Pass;
  #outcome: AttemptOutcome = 'cancelled';
  #judged = false;
  #released = false;

  constructor(backend: B, now: number) {
    this.backend = backend;
    this.startedAt = now;
    this.#breaker = backend.breaker;
    this.#pass = this.#breaker?.begin() ?? 0;
    backend.attemptBegan();
  }

  /** The head of the answer has come. */
  answered(statusCode: number, headers: AnswerHeaders, now: number): void {
    this.#outcome = outcomeOf(statusCode);
    if (this.#outcome === 'success') this.backend.recovered();
    const breaker = this.#breaker;
    const failed = breaker?.rule.statusCodes.has(statusCode) ?? false;
    const waitMs =
      failed || statusCode === 429 || statusCode === 503 ? askedWaitMs(headers) : undefined;
    if (waitMs !== undefined) {
      const cap = breaker?.rule.maxTripDurationMs ?? DEFAULT_MAX_TRIP_DURATION_MS;
      this.backend.askedToWait(now, Math.min(waitMs, cap));
    }
    if (breaker === undefined) return;
    if (failed) {
      this.#judged = true;
      breaker.failed(this.#pass, now, statusCode, waitMs);
    } else {
      breaker.proved(this.#pass);
    }
  }

  /**
   * No answer, or one that broke off after its head.
   * @param cause the error, whose `code` a trip is told with
   */
  failed(failure: AttemptFailure, now: number, cause?: unknown): void {
    this.#outcome = failure;
    if (this.#judged) return;
    this.#judged = true;
    this.#breaker?.failed(this.#pass, now, reasonOf(failure, cause));
  }

  /** The backend was removed, which cut the attempt off: whatever came of it proves nothing. */
  cutOff(): void {
    this.#outcome = 'cancelled';
  }

  /**
   * Gives the place back; later calls do nothing.
   * @param complete false when the attempt was cut short by us, which proves nothing
   */
  release(complete: boolean, now: number): void {
    if (this.#released) return;
    this.#released = true;
    const breaker = this.#breaker;
    if (breaker !== undefined && !this.#judged) {
      if (complete) breaker.succeeded(this.#pass, now);
      else breaker.abandon(this.#pass);
    }
    this.backend.attemptEnded(this.#outcome, now - this.startedAt);
  }
}
