import { type Deadlines, type Expiring, stopDeadline } from '../deadlines.ts';
import { type ProblemError, RejectedError, UpstreamError } from '../errors.ts';
import type { Arriving, Backend } from './backend.ts';
import { Lease } from './lease.ts';
import type { AttemptFailure } from './outcome.ts';
import type { Pool, Waiting } from './pool.ts';
import { mayResubmitAnswer, mayResubmitFailure, type RetryRule } from './resubmission.ts';

const FAILURES: Readonly<Record<AttemptFailure, string>> = {
  connect_error: 'no connection to the backend could be made',
  reset: 'the connection to the backend broke, or its answer was malformed',
  timeout: 'the backend did not answer in time',
};

const NONE: readonly never[] = [];

/**
 * One request on its way through a pool: which backends it has tried, whether it may try another,
 * and what its caller is told when none is left. Knows nothing of sockets: a transport extends it.
 */
export abstract class Submission<B extends Backend = Backend> implements Waiting<B>, Arriving<B> {
  readonly pool: Pool<B>;
  readonly method: string;
  readonly keyHash: number | undefined;
  /** The pool's, when the request came. */
  readonly retry: RetryRule;
  readonly #arrivedAt: number;
  #tried: readonly B[] = NONE;
  #throttled = false;
  #lastFailure: AttemptFailure | undefined;
  /** The backend of which it is being asked whether a slot is free there. */
  #destination: B | undefined;

  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;

  constructor(pool: Pool<B>, method: string, keyHash: number | undefined) {
    this.pool = pool;
    this.retry = pool.config.retry;
    this.#arrivedAt = pool.clock.now();
    this.method = method;
    this.keyHash = keyHash;
  }

  /** Whether it stands in the pool's queue. */
  get waits(): boolean {
    return this.deadlines !== undefined;
  }

  /** Backends that this request was submitted to, in order. */
  get tried(): readonly B[] {
    return this.#tried;
  }

  /** Runs one attempt at the lease's backend. Called once for each attempt, sooner or later. */
  protected abstract attempt(lease: Lease<B>): void;
  /** Answers the caller in place of a backend. Called at most once, and no attempt follows. */
  protected abstract reject(error: ProblemError): void;

  /** Makes the first attempt: now, when a place is free in the pool's queue, or not at all. */
  begin(): void {
    this.#begin();
  }

  #begin(): void {
    const { config, queue } = this.pool;
    // Nobody overtakes the ones who wait already.
    if (queue === undefined || queue.length === 0) {
      if (this.advance()) return;
    }
    if (queue !== undefined && (queue.length > 0 || this.pool.isFull)) {
      if (queue.length < (config.queue?.maxQueueLength ?? 0)) queue.start(this);
      else this.reject(this.#refusal('queue_full', 'its queue is full'));
    } else {
      this.reject(this.exhausted());
    }
  }

  /** Makes another attempt, at a backend that this request has not tried; false when there is none. */
  protected advance(): boolean {
    if (this.#tried.length >= this.retry.maxAttempts) return false;
    const backend = this.pool.select(this);
    if (backend === undefined) return false;
    this.run(backend);
    return true;
  }

  /**
   * Takes a place at the backend, in the same step as it was selected, and runs the attempt there;
   * or waits for word whether there is one, where instances share them.
   */
  run(backend: B): void {
    if (backend.hasSlot) {
      this.arrived(backend);
    } else {
      this.#destination = backend;
      backend.arrive(this as Arriving<never>);
    }
  }

  arrived(backend: B): void {
    this.#destination = undefined;
    this.#tried = this.#tried.length === 0 ? [backend] : [...this.#tried, backend];
    this.attempt(new Lease(backend, this.pool.clock.now()));
  }

  turnedAway(): void {
    this.#destination = undefined;
    if (this.#tried.length === 0) this.#begin();
    else if (!this.advance()) this.nothingLeft();
  }

  /** Another attempt was to be made, and cannot be. */
  protected nothingLeft(): void {
    this.reject(this.exhausted());
  }

  /** It waits in the pool's queue for what will not come. */
  giveUp(): void {
    this.reject(this.exhausted());
  }

  /** Whether this answer should be held back if {@link advance} finds another backend. */
  protected mayResubmitAnswer(statusCode: number): boolean {
    if (statusCode === 429) this.#throttled = true;
    return mayResubmitAnswer(this.retry, this.method, statusCode);
  }

  /** @param sent false when it is certain that no byte of the request reached the backend */
  protected mayResubmitFailure(failure: AttemptFailure, sent: boolean): boolean {
    this.#lastFailure = failure;
    return mayResubmitFailure(this.retry, this.method, sent);
  }

  /** What the caller is told when there is nothing left to try and no backend's answer to pass on. */
  protected exhausted(cause?: unknown): ProblemError {
    if (this.#throttled) return this.#noBackend('every backend is out of capacity', 429);
    return this.#lastFailure === undefined ? this.#unavailable() : this.failure(cause);
  }

  /** What the caller is told of the last attempt's failure. */
  protected failure(cause?: unknown): UpstreamError {
    const timedOut = this.#lastFailure === 'timeout';
    return new UpstreamError(timedOut ? 'gateway_timeout' : 'bad_gateway', {
      policy: this.pool.name,
      detail: FAILURES[this.#lastFailure ?? 'reset'],
      backend: this.#tried.at(-1)?.id,
      cause,
    });
  }

  /** The caller no longer waits. Does nothing when it did not. */
  protected leaveQueue(): void {
    stopDeadline(this);
    const destination = this.#destination;
    this.#destination = undefined;
    destination?.arrivalLeft();
  }

  expire(): void {
    if (this.#destination !== undefined) {
      const destination = this.#destination;
      this.#destination = undefined;
      destination.arrivalLeft();
      this.nothingLeft();
      return;
    }
    this.reject(this.#refusal('queue_timeout', 'no backend had room in time'));
  }

  /** The caller has its answer, or what there is of it. Called at most once, and not of one that left. */
  protected concluded(failed: boolean, now = this.pool.clock.now()): void {
    this.pool.level.observe(now - this.#arrivedAt, failed, now);
  }

  #unavailable(): ProblemError {
    if (this.pool.isRefused) {
      return new RejectedError('coordinator_unavailable', {
        policy: this.pool.name,
        detail: 'what other instances use cannot be known',
        retryAfterMs: 0,
      });
    }
    if (this.pool.trippedByThrottling) {
      return this.#noBackend('every backend is out of capacity', 429);
    }
    return this.pool.isFull
      ? this.#noBackend('every backend is at its limit', 503)
      : this.#noBackend('every backend is tripped', 503);
  }

  #noBackend(detail: string, status: number): RejectedError {
    return new RejectedError('no_backend', {
      policy: this.pool.name,
      detail,
      status,
      retryAfterMs: this.pool.earliestRecoveryMs() ?? 0,
    });
  }

  #refusal(code: 'queue_full' | 'queue_timeout', detail: string): RejectedError {
    return new RejectedError(code, {
      policy: this.pool.name,
      detail,
      retryAfterMs: this.pool.earliestRecoveryMs() ?? 0,
    });
  }
}
