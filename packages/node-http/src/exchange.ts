import type { IncomingHttpHeaders } from 'node:http';
import {
  type AttemptFailure,
  isFailureStatus,
  type Lease,
  type ProblemError,
  RejectedError,
  Submission,
  UpstreamError,
} from '@spillway/core';
import type { ActiveRequest } from './active-requests.ts';
import type { AttemptLease } from './attempt.ts';
import { emptyBody, type RequestBody } from './body/body.ts';
import type { ConnectedPool } from './connected-pool.ts';
import type { FlatHeaders } from './headers.ts';
import type { HttpBackend } from './http-backend.ts';
import type { AnswerSample } from './shadows/shadow-copy.ts';
import { type Shadowed, Shadowing } from './shadows/shadowing.ts';

/** One submission to a backend, as an exchange deals with it. */
export interface ExchangeAttempt {
  readonly lease: AttemptLease;
  /** Of the answer; 0 as long as there is none. */
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  /** Gives the caller the answer: what was held now, the rest as it comes. */
  deliver(): void;
  /** Keeps the answer while another attempt is made. */
  hold(): void;
  /** The answer is not needed. */
  discard(): void;
  /** Ends the attempt without a verdict. */
  cancel(): void;
  /** The caller cannot keep pace. */
  pause(): void;
  resume(): void;
}

/**
 * One caller's request and its answer. Knows when to hold an answer back, to try again, and to give
 * up; where the request comes from and the answer goes to is its subclass's.
 */
export abstract class Exchange<A extends ExchangeAttempt = ExchangeAttempt>
  extends Submission<HttpBackend>
  implements ActiveRequest, Shadowed
{
  declare readonly pool: ConnectedPool;
  /** Where the pool keeps it. */
  place = 0;
  readonly target: string;
  body: RequestBody = emptyBody;
  #current: A | undefined;
  /** The answer to fall back on; a 429 is kept before any other. */
  #held: A | undefined;
  #over = false;
  #shadowing: Shadowing | undefined;
  #switched = false;

  constructor(pool: ConnectedPool, method: string, target: string, keyHash: number | undefined) {
    super(pool, method, keyHash);
    this.target = target;
    pool.active.enter(this);
  }

  /** An attempt that is not on its way yet. */
  protected abstract makeAttempt(lease: Lease<HttpBackend>): A;
  /** Sends it; it may fail at once. */
  protected abstract send(attempt: A): void;
  /** What of the caller's headers this backend is sent. */
  protected abstract callerHeadersFor(backend: HttpBackend): FlatHeaders;
  /** The head of the answer that the caller gets; its body follows by {@link receive}. */
  protected abstract deliverHead(attempt: A): void;
  /** False when the caller has enough for now: resume the attempt later. */
  protected abstract deliverChunk(chunk: Buffer): boolean;
  protected abstract deliverEnd(): void;
  /** Whether something of the answer is on its way to the caller, so that it cannot be replaced. */
  protected abstract get committed(): boolean;
  /** The answer broke off after it was committed. */
  protected abstract cutOff(error: Error): void;
  /** Answers with the problem, and calls {@link ended} unless others take the answer over. */
  protected abstract refuse(problem: ProblemError): void;
  /** Called once, when all that the caller gets has been handed over, or the caller has left. */
  protected ended(): void {}

  /** Nothing more will be delivered. */
  protected get over(): boolean {
    return this.#over;
  }

  protected get current(): A | undefined {
    return this.#current;
  }

  /** The protocol that the connection is to be switched to, if any. */
  get upgrade(): string | undefined {
    return undefined;
  }

  /** A handler has no connection to switch. */
  override get tried(): readonly HttpBackend[] {
    if (this.upgrade === undefined || !this.pool.hasHandlers) return super.tried;
    const handlers = this.pool.backends.filter(({ inProcess }) => inProcess !== undefined);
    return [...super.tried, ...handlers];
  }

  override begin(): void {
    if (this.#over) return;
    if (this.pool.active.accepting) {
      if (this.pool.shadows.length > 0 && this.upgrade === undefined) {
        this.#shadowing = Shadowing.begin(this);
      }
      super.begin();
    } else {
      this.reject(this.#shuttingDown('no further requests are taken'));
    }
  }

  // Called by the attempts

  answered(attempt: A): void {
    if (!this.mayResubmitAnswer(attempt.statusCode) || !this.body.resendable) {
      this.deliver(attempt);
      return;
    }
    attempt.hold();
    const before = this.#held;
    const kept = before?.statusCode === 429 && attempt.statusCode !== 429 ? before : attempt;
    this.#held = kept;
    if (kept === attempt) before?.discard();
    else attempt.discard();
    if (!this.advance()) this.deliver(kept);
  }

  /** False when the caller has enough for now. */
  receive(attempt: A, chunk: Buffer): boolean {
    // What was held comes in several chunks, and any of them may have ended the exchange.
    if (this.#over) return true;
    this.sample?.add(chunk);
    const willing = this.deliverChunk(chunk);
    if (!willing) attempt.pause();
    return willing;
  }

  /** @param now the time, where it is known */
  finish(now = this.pool.clock.now()): void {
    if (this.#over) return;
    // Before leaving: a head that is written only now may turn out malformed.
    try {
      this.deliverEnd();
    } finally {
      if (!this.#over) {
        this.sampled();
        this.concluded(isFailureStatus(this.#current?.statusCode ?? 0), now);
        this.#leave();
        this.ended();
      }
    }
  }

  failed(failure: AttemptFailure, sent: boolean, error: Error): void {
    if (this.#over) return;
    this.#current = undefined;
    if (this.committed) {
      this.concluded(true);
      this.#leave();
      this.cutOff(error);
      this.ended();
    } else if (!this.mayResubmitFailure(failure, sent) || !this.body.resendable) {
      this.reject(super.failure(error));
    } else if (!this.advance()) {
      if (this.#held === undefined) this.reject(this.exhausted(error));
      else this.deliver(this.#held);
    }
  }

  /** The caller has kept its attempt waiting for too long. */
  stalled(): void {
    if (this.#over) return;
    const detail = 'the request did not arrive, or its answer was not read, in time';
    const problem = new UpstreamError('caller_timeout', { policy: this.pool.name, detail });
    if (!this.committed) {
      this.reject(problem);
      return;
    }
    this.#leave();
    this.cutOff(problem);
    this.ended();
  }

  /** The answer to fall back on broke off before it was needed. */
  heldFailed(attempt: A): void {
    if (this.#held === attempt) this.#held = undefined;
  }

  /** The request cannot be written as HTTP. */
  unsendable(cause: Error): void {
    if (this.#over) return;
    const detail = 'the request cannot be sent on as it is';
    this.reject(new UpstreamError('bad_gateway', { policy: this.pool.name, detail, cause }));
  }

  // Called from outside

  /** The caller has left: whatever runs for it ends, and counts as nothing. */
  abandon(): void {
    if (this.#over) return;
    const current = this.#current;
    this.#leave();
    current?.cancel();
    this.ended();
  }

  /** Its connections are closed, which ends what is under way there. */
  removed(_backend: object): void {}

  /** A proxied answer says so when its head is written. */
  closeConnection(): void {}

  /** The time for shutting down is over. */
  shutDown(): void {
    if (this.#over) return;
    const current = this.#current;
    if (this.committed) {
      this.concluded(true);
      this.#leave();
      this.cutOff(new Error('the service is shutting down'));
      this.ended();
    } else {
      this.reject(this.#shuttingDown('the time for it is over'));
    }
    current?.cancel();
  }

  /** What of this request a copy at this backend is sent. */
  headersFor(backend: HttpBackend): FlatHeaders {
    const flat = this.callerHeadersFor(backend);
    for (const item of backend.ownHeaders) flat.push(item);
    return flat;
  }

  protected override attempt(lease: Lease<HttpBackend>): void {
    const attempt = this.makeAttempt(lease);
    this.#current = attempt;
    this.send(attempt);
  }

  /** The connection is switched, and lasts: its caller has what it asked for. */
  protected switchedBy(attempt: A): void {
    this.deliver(attempt);
    this.concluded(false);
    this.#switched = true;
  }

  protected get switched(): boolean {
    return this.#switched;
  }

  /** However long a connection lasts that was switched, its caller has not waited for so long. */
  protected override concluded(failed: boolean, now?: number): void {
    if (!this.#switched) super.concluded(failed, now);
  }

  protected override nothingLeft(): void {
    if (this.#over) return;
    if (this.#held === undefined) super.nothingLeft();
    else this.deliver(this.#held);
  }

  /** What the caller gets, as far as somebody compares it. */
  protected get sample(): AnswerSample | undefined {
    return this.#shadowing?.sample;
  }

  /** The caller has got all of it. */
  protected sampled(): void {
    this.#shadowing?.ended(true);
  }

  protected override reject(problem: ProblemError): void {
    if (this.#over) return;
    this.concluded(isFailureStatus(problem.status));
    this.#leave();
    this.pool.rejected(problem.code);
    this.refuse(problem);
  }

  /** The answer to fall back on is not needed: whoever has the request now answers it. */
  protected discardHeld(): void {
    this.#held?.discard();
    this.#held = undefined;
  }

  /** The answer cannot be given to the caller as it came. */
  protected malformed(attempt: A, cause: unknown): void {
    attempt.cancel();
    const detail = 'the answer of the backend is malformed';
    this.reject(new UpstreamError('bad_gateway', { policy: this.pool.name, detail, cause }));
  }

  #shuttingDown(detail: string): RejectedError {
    return new RejectedError('shutting_down', { policy: this.pool.name, detail, retryAfterMs: 0 });
  }

  /** The caller gets the answer of this attempt. */
  protected deliver(attempt: A): void {
    this.#current = attempt;
    if (this.#held !== attempt) this.#held?.discard();
    this.#held = undefined;
    this.pool.served(attempt.lease.backend);
    this.sample?.head(attempt.statusCode, attempt.headers);
    this.deliverHead(attempt);
    if (!this.#over) attempt.deliver();
  }

  #leave(): void {
    this.#over = true;
    this.#shadowing?.ended(false);
    this.discardHeld();
    this.body.discard();
    this.leaveQueue();
    this.pool.active.leave(this);
  }
}
