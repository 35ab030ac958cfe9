import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type AttemptFailure,
  type Clock,
  type Deadlines,
  type Expiring,
  type Lease,
  stopDeadline,
} from '@spillway/core';
import { type Dispatcher, errors } from 'undici';
import type { BodyFlow, RequestBody } from './body/body.ts';
import { CallerPace } from './body/caller-pace.ts';
import { readAsStream } from './direct-reads.ts';
import { atEndOfTurn, type Unfinished } from './end-of-turn.ts';
import type { FlatHeaders } from './headers.ts';
import type { HttpBackend } from './http-backend.ts';

/** How much of an answer that may still be needed is kept before its backend has to wait. */
const MAX_HELD_BYTES = 65_536;

/** Where the answer of an attempt goes. */
type Destination =
  /** Its head has not come, or is being judged. */
  | 'undecided'
  /** To the caller. */
  | 'caller'
  /** Kept, for another attempt may do better. */
  | 'held'
  /** Read and thrown away, so that the connection can serve again. */
  | 'nowhere';

/** A place at a backend, told of what comes of it: a {@link Lease}, or a shadow's. */
export type AttemptLease = Pick<
  Lease<HttpBackend>,
  'backend' | 'startedAt' | 'answered' | 'failed' | 'cutOff' | 'release'
>;

/** Whose attempt it is: told of everything that comes of it. */
export interface AttemptOwner {
  readonly pool: {
    readonly clock: Clock;
    readonly headersDeadlines: Deadlines;
    readonly bodyDeadlines: Deadlines;
    readonly callerDeadlines: Deadlines;
    readonly drainDeadlines: Deadlines;
  };
  /** The protocol that the connection is to be switched to, if any. */
  readonly upgrade?: string | undefined;
  /** The head has come: {@link Attempt.deliver} or {@link Attempt.hold} it now. */
  answered(attempt: Attempt): void;
  /** The backend has switched protocols; the attempt lasts as long as its connection. */
  upgraded?(attempt: Attempt, connection: Duplex): void;
  /** A head that is to be delivered is still without a body. */
  flushHead(): void;
  /** False when the caller has enough for now. */
  receive(attempt: Attempt, chunk: Buffer): boolean;
  /** The delivered answer is complete. */
  finish(now?: number): void;
  /** No answer, or no more of the delivered one. */
  failed(failure: AttemptFailure, sent: boolean, error: Error): void;
  /** The caller has not sent on, or not read on, in time: the attempt has ended without a verdict. */
  stalled(): void;
  /** The answer that was held broke off. */
  heldFailed(attempt: Attempt): void;
  /** The request cannot be written as HTTP. */
  unsendable(cause: Error): void;
}

/**
 * One submission of a request to a backend: the undici handler itself, so that nothing stands
 * between the parser and the exchange. Gives its lease back once, on every path.
 */
export class Attempt implements Dispatcher.DispatchHandler, BodyFlow, Expiring, Unfinished {
  readonly lease: AttemptLease;
  readonly #owner: AttemptOwner;
  #controller: Dispatcher.DispatchController | undefined;
  #destination: Destination = 'undecided';
  #ended = false;
  #paused = false;
  #complete = false;
  /** Of a body that comes from the caller while it is sent on. */
  #callerPace: CallerPace | undefined;
  #streamsBody = false;
  #bodySent = true;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  /** The backend's connection, once protocols are switched. */
  #switched: Duplex | undefined;
  /** The time, as long as it is known because this turn has read it; 0 otherwise. */
  #now = 0;
  statusCode = 0;
  headers: IncomingHttpHeaders = {};

  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;

  constructor(owner: AttemptOwner, lease: AttemptLease) {
    this.#owner = owner;
    this.lease = lease;
  }

  send(
    path: string,
    method: string,
    headers: FlatHeaders,
    body: RequestBody,
    connections: Dispatcher = this.lease.backend.connections,
  ): void {
    const opened = body.open(this);
    if (opened !== null && !Buffer.isBuffer(opened)) {
      this.#streamsBody = true;
      this.#bodySent = false;
      this.#callerPace = new CallerPace(this.#pool.callerDeadlines.durationMs);
    }
    this.#now = this.lease.startedAt;
    connections.dispatch(
      {
        path,
        method: method as Dispatcher.HttpMethod,
        headers,
        body: opened,
        // Nothing is pipelined, so that there is nothing to hold up: spares undici a look at its queue.
        blocking: false,
        upgrade: this.#owner.upgrade ?? null,
      },
      this,
    );
    this.#now = 0;
  }

  // The answer's way

  /** Keeps the answer while another attempt is made. */
  hold(): void {
    this.#destination = 'held';
  }

  /** Gives the caller the answer: what was held now, the rest as it comes. */
  deliver(): void {
    if (this.#destination === 'undecided') {
      this.#destination = 'caller';
      return;
    }
    this.#destination = 'caller';
    const wasPaused = this.#paused;
    let willing = true;
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) willing = this.#owner.receive(this, chunk);
    if (this.#complete) this.#owner.finish();
    else if (wasPaused && willing) this.resume();
  }

  /** The answer is not needed: a short rest is read to keep the connection, a long one cuts it. */
  discard(): void {
    if (this.#ended) return;
    const length = Number(this.headers['content-length'] ?? Number.NaN);
    if (this.#destination === 'undecided' || !(length <= MAX_HELD_BYTES) || !this.#bodySent) {
      this.cancel();
      return;
    }
    this.#destination = 'nowhere';
    this.#held = undefined;
    stopDeadline(this);
    this.#pool.drainDeadlines.start(this);
    this.#paused = false;
    this.#readOn();
  }

  /** Ends the attempt without a verdict: the caller has left, or the answer is not wanted. */
  cancel(): void {
    if (this.#ended) return;
    this.#end(false);
    this.#switched?.destroy();
    this.#controller?.abort(new errors.RequestAbortedError());
  }

  /** The caller cannot keep pace. */
  pause(): void {
    if (this.#ended) return;
    this.#paused = true;
    if (this.#destination === 'caller') this.#restart(this.#pool.callerDeadlines);
    else stopDeadline(this);
    this.#controller?.pause();
  }

  resume(): void {
    if (this.#ended || !this.#paused) return;
    this.#paused = false;
    this.#restart(this.#pool.bodyDeadlines);
    this.#readOn();
  }

  // The request body's way: backend and caller are timed while it is their turn

  bodyOffered(bytes: number): void {
    if (!this.#awaitsHead) return;
    const now = this.#pool.clock.now();
    if (this.#callerPace?.came(bytes, now) === false) this.#stall();
    else this.#restart(this.#pool.bodyDeadlines, now);
  }

  bodyTaken(): void {
    if (!this.#awaitsHead) return;
    const now = this.#pool.clock.now();
    this.#callerPace?.begin(now);
    this.#restart(this.#pool.callerDeadlines, now);
  }

  bodyEnded(): void {
    this.#bodySent = true;
    this.#callerPace = undefined;
    if (this.#awaitsHead) this.#restart(this.#pool.headersDeadlines);
  }

  // Called by undici

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ended) controller.abort(new errors.RequestAbortedError());
    else if (!this.#streamsBody) this.#pool.headersDeadlines.start(this, this.#time);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (this.#ended || statusCode < 200) return;
    this.statusCode = statusCode;
    this.headers = headers;
    stopDeadline(this);
    this.#now = this.#pool.clock.now();
    this.lease.answered(statusCode, headers, this.#now);
    this.#owner.answered(this);
    atEndOfTurn(this);
  }

  onRequestUpgrade(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
    connection: Duplex,
  ): void {
    if (this.#ended) {
      connection.destroy();
      return;
    }
    this.statusCode = statusCode;
    this.headers = headers;
    stopDeadline(this);
    this.lease.answered(statusCode, headers, this.#pool.clock.now());
    readAsStream(connection);
    this.#switched = connection;
    connection.once('close', () => this.onResponseEnd());
    this.#owner.upgraded?.(this, connection);
  }

  turnEnded(): void {
    this.#now = 0;
    if (this.#ended) return;
    if (this.deadlines === undefined && !this.#paused) this.#pool.bodyDeadlines.start(this);
    if (this.#destination === 'caller') this.#owner.flushHead();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended || this.#destination === 'nowhere') return;
    if (this.deadlines !== undefined) this.#restart(this.#pool.bodyDeadlines);
    if (this.#destination === 'caller') {
      this.#owner.receive(this, chunk);
    } else if (this.#destination === 'held') {
      // Copied: the chunk is a window into a buffer that is far larger than most refusals.
      this.#held ??= [];
      this.#held.push(Buffer.from(chunk));
      this.#heldBytes += chunk.length;
      if (this.#heldBytes >= MAX_HELD_BYTES) this.pause();
    }
  }

  onResponseEnd(): void {
    if (this.#ended) return;
    this.#complete = true;
    this.#end(true);
    if (this.#destination === 'caller') this.#owner.finish(this.#time);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#ended) return;
    if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
      // Refused by undici itself: the request is at fault, not the backend.
      this.#end(false);
      this.#owner.unsendable(error);
      return;
    }
    if (this.#controller !== undefined) this.#fail('reset', error);
    else if (error instanceof errors.ConnectTimeoutError) this.#fail('timeout', error);
    else this.#fail('connect_error', error);
  }

  /** A deadline has passed. */
  expire(): void {
    if (this.#destination === 'nowhere') {
      this.cancel();
      return;
    }
    if (this.#awaitsCaller) {
      this.#stall();
      return;
    }
    const error = new errors.RequestAbortedError('the backend took too long');
    this.#fail('timeout', error);
    this.#controller?.abort(error);
  }

  get #pool() {
    return this.#owner.pool;
  }

  get #time(): number {
    return this.#now || this.#pool.clock.now();
  }

  get #awaitsHead(): boolean {
    return !this.#ended && this.statusCode === 0;
  }

  /** Later: undici's parser is not re-entrant, and another answer's may be what calls this. */
  #readOn(): void {
    queueMicrotask(() => {
      if (!this.#ended && !this.#paused) this.#controller?.resume();
    });
  }

  /** It is the caller's turn, to send or to read. */
  get #awaitsCaller(): boolean {
    if (this.statusCode === 0) return this.#callerPace?.awaited === true;
    return this.#paused && this.#destination === 'caller';
  }

  #stall(): void {
    this.cancel();
    this.#owner.stalled();
  }

  #restart(deadlines: Deadlines, now?: number): void {
    stopDeadline(this);
    deadlines.start(this, now);
  }

  #fail(failure: AttemptFailure, error: Error): void {
    const destination = this.#destination;
    if (this.lease.backend.isDestroyed) this.lease.cutOff();
    else this.lease.failed(failure, this.#pool.clock.now(), error);
    this.#end(false);
    if (destination === 'undecided' || destination === 'caller') {
      this.#owner.failed(failure, this.#controller !== undefined, error);
    } else if (destination === 'held') {
      this.#owner.heldFailed(this);
    }
  }

  #end(complete: boolean): void {
    this.#ended = true;
    stopDeadline(this);
    this.lease.release(complete, this.#time);
  }
}
