import { ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type Duplex, Readable, type Writable } from 'node:stream';
import {
  type AttemptFailure,
  type Deadlines,
  type Expiring,
  type Lease,
  stopDeadline,
} from '@spillway/core';
import {
  atEndOfTurn,
  type BodyFlow,
  CallerPace,
  type ExchangeAttempt,
  type HttpBackend,
  MAX_TEXT_BYTES,
  type RequestBody,
  type Unfinished,
} from '@spillway/node-http';
import type { BackendProfile } from './backend-profile.ts';

/** An answer of up to this size is read to its end for the connection's sake, in bytes. */
const MAX_DRAINED_BYTES = 65_536;

/** Whose attempt it is: told of everything that comes of it. */
export interface ClientAttemptOwner {
  readonly limits: {
    readonly connect: Deadlines;
    readonly head: Deadlines;
    readonly body: Deadlines;
    readonly caller: Deadlines;
    readonly drain: Deadlines;
  };
  readonly body: RequestBody;
  /** httpxy follows or rewrites redirects: it throws at a `Location` that is no URL, where nobody catches. */
  readonly readsLocation: boolean;
  now(): number;
  /** There is a request whose head can still be changed. */
  prepare(attempt: ClientAttempt, request: ClientRequest): void;
  /** Those who listen for requests have seen it. */
  announced(attempt: ClientAttempt, request: ClientRequest): void;
  /** The head has come: {@link ClientAttempt.deliver} or {@link ClientAttempt.hold} it now. */
  answered(attempt: ClientAttempt): void;
  /** The backend has switched protocols; the attempt lasts as long as its connection. */
  upgraded(attempt: ClientAttempt): void;
  /** The delivered answer is complete. */
  complete(attempt: ClientAttempt): void;
  failed(failure: AttemptFailure, sent: boolean, error: Error): void;
  /** The caller has not sent on, or not read on, in time: the attempt has ended without a verdict. */
  stalled(): void;
  /** What is delivered has a head, and no body yet. */
  flushHead(): void;
  /** The answer that was held broke off. */
  heldFailed(attempt: ClientAttempt): void;
}

const OWNER = Symbol('spillway.attempt');

interface Owned {
  [OWNER]?: ClientAttempt | undefined;
}

type Emit = (this: ClientRequest, event: string | symbol, ...args: unknown[]) => boolean;

const emit = ClientRequest.prototype.emit as Emit;

/** In place of the `emit` of a request whose attempt decides what others get to know of it. */
function emitJudged(this: ClientRequest & Owned, event: string | symbol, ...args: unknown[]) {
  if (this[OWNER]?.lets(this, event, args) === false) return true;
  // Most of them have none, and come with every request.
  return args.length === 0 ? emit.call(this, event) : emit.call(this, event, ...args);
}

function onSocketData(this: Socket & Owned): void {
  this[OWNER]?.dataCame();
}

/**
 * One submission of a request to a backend, by `node:http`: httpxy makes the request and deals with
 * its answer, but only with the one that the exchange takes. Gives its lease back once, on every path.
 */
export class ClientAttempt implements ExchangeAttempt, BodyFlow, Expiring, Unfinished {
  readonly lease: Lease<HttpBackend>;
  readonly profile: BackendProfile;
  readonly #owner: ClientAttemptOwner;
  readonly #maxRedirects: number;
  #request: ClientRequest | undefined;
  #answer: IncomingMessage | undefined;
  #connection: (Duplex & Partial<Pick<Socket, 'destroySoon'>>) | undefined;
  #destination: 'undecided' | 'caller' | 'held' | 'nowhere' = 'undecided';
  /** The event that tells httpxy of the answer, until it is told. */
  #answerEvent: [event: string, ...args: unknown[]] | undefined;
  #redirects = 0;
  #ended = false;
  /** It ended without an answer, and another attempt may have taken its place. */
  #failed = false;
  #timedOut = false;
  #connected = false;
  #bodySent = false;
  #opened: Buffer | Readable | null | undefined;
  /** Of a body that comes from the caller while it is sent on. */
  #callerPace: CallerPace | undefined;
  /** The caller does not keep pace with the answer. */
  #paused = false;
  /** Where the body goes once there is a connection. */
  readonly #unpiped: Writable[] = [];
  /** Somebody else has written the body. */
  #written = false;
  statusCode = 0;
  headers: IncomingHttpHeaders = {};

  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;

  constructor(
    owner: ClientAttemptOwner,
    lease: Lease<HttpBackend>,
    profile: BackendProfile,
    maxRedirects: number,
  ) {
    this.#owner = owner;
    this.lease = lease;
    this.profile = profile;
    this.#maxRedirects = maxRedirects;
    owner.limits.connect.start(this, lease.startedAt);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** httpxy has been given the answer, so that what becomes of it is httpxy's. */
  get delivered(): boolean {
    return this.#destination === 'caller';
  }

  /** It has followed a redirect, and may be anywhere. */
  get redirected(): boolean {
    return this.#redirects > 0;
  }

  /** There is a request, so that its errors come from there. */
  get adopted(): boolean {
    return this.#request !== undefined;
  }

  /** All of the answer is here. That of a backend which has switched protocols is its connection. */
  get complete(): boolean {
    return this.#connection === undefined && this.#answer?.complete === true;
  }

  // The request's way

  /** The request that httpxy has made for it; another one when it follows a redirect. */
  adopt(request: ClientRequest & Owned): void {
    this.#request = request;
    request[OWNER] = this;
    request.emit = emitJudged;
    if (this.#ended) {
      request.destroy();
      return;
    }
    const socket = request.socket as (Socket & Owned) | null;
    if (socket !== null) this.#onSocket(socket);
    this.#owner.prepare(this, request);
  }

  /** Those who listen for requests have seen the one that was adopted. */
  announced(): void {
    if (!this.#ended && this.#request !== undefined) this.#owner.announced(this, this.#request);
  }

  /** Somebody else has written the body. */
  leaveBody(): void {
    this.#written = true;
  }

  /** The body as a stream, for httpxy where it keeps it to follow redirects. */
  stream(): Readable {
    return Readable.from(this.#chunks());
  }

  /** Opened when it is read: those who write the body themselves have done so by then. */
  async *#chunks(): AsyncGenerator<Buffer> {
    if (this.#written) return;
    const opened = this.#open();
    if (Buffer.isBuffer(opened)) yield opened;
    else if (opened !== null) yield* opened;
  }

  /** The body, as httpxy asks its source for it. */
  pipe(destination: Writable): Writable {
    if (this.#written) return destination.end();
    const opened = this.#open();
    if (opened === null) return destination.end();
    if (Buffer.isBuffer(opened)) {
      // As text, head and body are one write.
      return opened.length <= MAX_TEXT_BYTES
        ? destination.end(opened.toString('latin1'), 'latin1')
        : destination.end(opened);
    }
    // Nothing of it is taken that another backend could need if this one cannot be reached.
    if (this.#connected) return opened.pipe(destination);
    this.#unpiped.push(destination);
    return destination;
  }

  bodyOffered(bytes: number): void {
    if (!this.#awaitsHead) return;
    const now = this.#owner.now();
    if (this.#callerPace?.came(bytes, now) === false) this.#stall();
    else this.#restart(this.#owner.limits.body, now);
  }

  bodyTaken(): void {
    if (!this.#awaitsHead) return;
    const now = this.#owner.now();
    this.#callerPace?.begin(now);
    this.#restart(this.#owner.limits.caller, now);
  }

  bodyEnded(): void {
    this.#callerPace = undefined;
  }

  // The answer's way

  /** Keeps the answer, unread, while another attempt is made. */
  hold(): void {
    this.#destination = 'held';
    stopDeadline(this);
  }

  /** Lets httpxy have the answer. */
  deliver(): void {
    const wasHeld = this.#destination === 'held';
    this.#destination = 'caller';
    if (wasHeld) this.#tellHttpxy();
  }

  /** The answer is not needed: a short rest is read to keep the connection, a long one cuts it. */
  discard(): void {
    if (this.#ended) return;
    const answer = this.#answer;
    const length = Number(answer?.headers['content-length'] ?? Number.NaN);
    if (answer === undefined || !(length <= MAX_DRAINED_BYTES) || !this.#bodySent) {
      this.cancel();
      return;
    }
    this.#destination = 'nowhere';
    this.#restart(this.#owner.limits.drain);
    answer.resume();
  }

  /** Ends the attempt without a verdict: the caller has left, or the answer is not wanted. */
  cancel(): void {
    if (this.#ended) return;
    this.#end(false);
    this.#destroy();
  }

  /** Has httpxy, and whoever listens there, see the answer with these headers. */
  rewriteHeaders(headers: IncomingHttpHeaders): void {
    if (this.#answer !== undefined) this.#answer.headers = headers;
  }

  // Flow is httpxy's: it pipes

  pause(): void {}
  resume(): void {}

  /** A deadline has passed. */
  expire(): void {
    if (this.#destination === 'nowhere') {
      this.cancel();
    } else if (this.#awaitsCaller) {
      this.#stall();
    } else if (this.#destination === 'caller' && this.#isReadByOthers) {
      this.#owner.limits.body.start(this);
    } else {
      this.fail('timeout', new Error('the backend took too long'));
      this.#destroy();
    }
  }

  fail(failure: AttemptFailure, error: Error): void {
    if (this.#ended) return;
    this.lease.failed(failure, this.#owner.now(), error);
    this.#fail(failure, error);
  }

  #fail(failure: AttemptFailure, error: Error): void {
    const destination = this.#destination;
    const sent = this.#connected;
    this.#failed = true;
    this.#end(false);
    if (destination === 'held') this.#owner.heldFailed(this);
    else if (destination !== 'nowhere') this.#owner.failed(failure, sent, error);
  }

  /** The backend is gone, or its answer cannot be used: what it still does is cut off. */
  breakOff(error: Error): void {
    if (this.#ended) return;
    this.lease.cutOff();
    this.#fail('reset', error);
    this.#destroy();
  }

  // Told by the request and its socket

  /** False when an event of the request is not for httpxy, or not yet. */
  lets(request: ClientRequest, event: string | symbol, args: unknown[]): boolean {
    if (request !== this.#request) return true;
    switch (event) {
      case 'socket':
        this.#onSocket(args[0] as Socket);
        return true;
      case 'response':
        return this.#ended ? false : this.#onResponse(args[0] as IncomingMessage);
      case 'upgrade':
        return this.#ended ? false : this.#onUpgrade(args);
      case 'finish':
        this.#bodySent = true;
        if (this.#opened instanceof Readable && this.#awaitsHead) {
          this.#restart(this.#owner.limits.head);
        }
        return true;
      case 'timeout':
        this.#timedOut = true;
        return true;
      case 'error':
        return this.#onError(args[0] as Error);
      case 'close':
        this.#onClose();
        return true;
      default:
        return true;
    }
  }

  dataCame(): void {
    if (this.#ended || this.#destination !== 'caller') return;
    this.#timeAnswer();
  }

  #onSocket(socket: Socket & Owned): void {
    if (socket.connecting) {
      const connected = 'encrypted' in socket ? 'secureConnect' : 'connect';
      socket.once(connected, () => this.#onConnected());
    } else {
      // A connection that was there has been taken in this very turn.
      this.#onConnected(this.lease.startedAt);
    }
  }

  #onConnected(now?: number): void {
    if (this.#ended || this.#connected) return;
    this.#connected = true;
    this.#restart(this.#owner.limits.head, now);
    for (const destination of this.#unpiped) this.pipe(destination);
  }

  #onResponse(answer: IncomingMessage): boolean {
    const { statusCode = 0, headers } = answer;
    const { location } = headers;
    const { readsLocation } = this.#owner;
    if (readsLocation && location !== undefined && !URL.canParse(location, this.profile.url.href)) {
      this.fail('reset', new Error('the Location of the answer is malformed'));
      this.#destroy();
      return false;
    }
    if (this.#maxRedirects > this.#redirects && isRedirect(statusCode) && location) {
      this.#redirects++;
      return true;
    }
    this.#answer = answer;
    this.statusCode = statusCode;
    this.headers = headers;
    // It may break off while nobody listens.
    answer.on('error', ignore);
    stopDeadline(this);
    this.lease.answered(statusCode, headers, this.#owner.now());
    return this.#answeredBy('response', answer);
  }

  #onUpgrade(args: unknown[]): boolean {
    const [answer, connection] = args as [IncomingMessage, Duplex];
    this.#answer = answer;
    this.statusCode = answer.statusCode ?? 0;
    this.headers = answer.headers;
    this.#connection = connection;
    stopDeadline(this);
    this.lease.answered(this.statusCode, this.headers, this.#owner.now());
    connection.once('close', () => {
      if (this.#ended) return;
      this.#end(true);
      this.#owner.complete(this);
    });
    this.#owner.upgraded(this);
    return !this.#ended;
  }

  /** Whether httpxy gets the answer at once. */
  #answeredBy(...event: [event: string, ...args: unknown[]]): boolean {
    this.#answerEvent = event;
    this.#owner.answered(this);
    const isTold = this.#answerEvent === undefined;
    if (isTold || this.#destination !== 'caller' || this.#ended) return false;
    this.#answerEvent = undefined;
    atEndOfTurn(this);
    return true;
  }

  turnEnded(): void {
    if (this.#ended) return;
    this.#timeAnswer();
    if (this.complete) return;
    this.#watchSocket();
    this.#watchReader();
    if (this.#answer?.readableLength === 0) this.#owner.flushHead();
  }

  /** Most answers are whole by now, and need no watching. */
  #watchSocket(): void {
    const socket = this.#request?.socket as (Socket & Owned) | null | undefined;
    if (!socket) return;
    if (!(OWNER in socket)) socket.on('data', onSocketData);
    socket[OWNER] = this;
  }

  /** httpxy pipes the answer, and pauses it while its caller has enough. */
  #watchReader(): void {
    const answer = this.#answer;
    if (answer === undefined) return;
    const look = () => {
      // Those who iterate over it have no such listener, and never have it flow.
      const isPaused = answer.isPaused() && answer.listenerCount('data') > 0;
      if (this.#ended || this.#paused === isPaused) return;
      this.#paused = isPaused;
      this.#timeAnswer();
    };
    answer.on('pause', look).on('resume', look);
    look();
  }

  /** Either the backend or the caller is to go on. */
  #timeAnswer(): void {
    const { body, caller } = this.#owner.limits;
    this.#restart(this.#awaitsCaller ? caller : body);
  }

  #tellHttpxy(): void {
    const event = this.#answerEvent;
    this.#answerEvent = undefined;
    if (event === undefined || this.#request === undefined) return;
    emit.apply(this.#request, event);
    this.turnEnded();
  }

  /**
   * Errors that come too late to matter are httpxy's: it tells of callers that have left. Not those of
   * a request that was cut off because it failed: httpxy would end the caller's socket with it.
   */
  #onError(error: Error): boolean {
    if (this.#ended) return !this.#failed;
    // What a backend sends behind its answer breaks the connection, and not the answer, which is here.
    if (this.complete) return false;
    if (this.#timedOut) this.fail('timeout', error);
    else this.fail(this.#connected ? 'reset' : 'connect_error', error);
    return false;
  }

  /** The connection is free for others, or gone. */
  #onClose(): void {
    if (this.#ended || this.#connection !== undefined) return;
    if (this.#answer === undefined || !this.complete) {
      const error = new Error('the connection to the backend broke');
      this.fail(this.#timedOut ? 'timeout' : 'reset', error);
      return;
    }
    this.#end(true);
    if (this.#destination === 'caller') this.#owner.complete(this);
  }

  /** Once: what is forwarded as well gets it, too. */
  #open(): Buffer | Readable | null {
    if (this.#opened === undefined) {
      this.#callerPace = new CallerPace(this.#owner.limits.caller.durationMs);
      this.#opened = this.#owner.body.open(this);
    }
    return this.#opened;
  }

  get #awaitsHead(): boolean {
    return !this.#ended && this.statusCode === 0;
  }

  /** It is the caller's turn, to send or to read: what is whole here is for it to take. */
  get #awaitsCaller(): boolean {
    if (this.statusCode === 0) return this.#callerPace?.awaited === true;
    return this.#destination === 'caller' && (this.#paused || this.complete);
  }

  /** The application reads the answer at a pace of its own: the backend has to wait, and is not to blame. */
  get #isReadByOthers(): boolean {
    return (this.#answer?.readableLength ?? 0) > 0;
  }

  #stall(): void {
    this.cancel();
    this.#owner.stalled();
  }

  #restart(deadlines: Deadlines, now?: number): void {
    stopDeadline(this);
    deadlines.start(this, now);
  }

  #destroy(): void {
    if (this.#connection === undefined) this.#request?.destroy();
    else if (this.#connection.destroySoon !== undefined) this.#connection.destroySoon();
    else this.#connection.destroy();
  }

  #end(complete: boolean): void {
    this.#ended = true;
    stopDeadline(this);
    const socket = this.#request?.socket as (Socket & Owned) | null | undefined;
    if (socket?.[OWNER] === this) socket[OWNER] = undefined;
    this.lease.release(complete, this.#owner.now());
  }
}

/** What comes of it is told by the request. */
function ignore(): void {}

function isRedirect(statusCode: number): boolean {
  return [301, 302, 303, 307, 308].includes(statusCode);
}
