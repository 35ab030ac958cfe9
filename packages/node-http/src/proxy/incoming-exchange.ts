import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type BackendHandler,
  type IssuedKey,
  isFailureStatus,
  type Lease,
  type ProblemError,
  RejectedError,
  type RequestView,
  UpstreamError,
} from '@spillway/core';
import { batchNextWrite, writeBatch } from '../batched-writes.ts';
import { BufferedBody, emptyBody, type RequestBody } from '../body/body.ts';
import { keptRawBody } from '../body/raw-body.ts';
import { stopTap } from '../body/raw-body-tap.ts';
import { readAnew } from '../body/read-anew.ts';
import { StreamedBody } from '../body/streamed-body.ts';
import { UnreadBody } from '../body/unread-body.ts';
import type { ConnectedPool } from '../connected-pool.ts';
import { type BoundToConnection, onConnectionClose } from '../connection-close.ts';
import { atEndOfTurn, type Unfinished } from '../end-of-turn.ts';
import { Exchange, type ExchangeAttempt } from '../exchange.ts';
import {
  cameByHttps,
  type FlatHeaders,
  forwardedHeaders,
  type Hop,
  type TrustsPeer,
  tellsOfHopsBefore,
} from '../headers.ts';
import type { HttpBackend } from '../http-backend.ts';
import { sendProblem } from '../problem.ts';
import { makeLate } from '../route/late-response.ts';
import { endWork } from '../route/work.ts';
import { HandlerAttempt, type Next } from './handler-attempt.ts';

/** Bodies up to this size are gathered before they are sent: one write is cheaper than a stream. */
const MAX_GATHERED_BYTES = 65_536;

/** How a framework's adapter takes part. One that needs nothing of a request serves them all. */
export interface ProxyHost {
  readonly trustsPeer: TrustsPeer;
  /** Answers a caller in place of a backend; absent, the problem itself is sent. */
  readonly onProblem?: ((problem: ProblemError) => void) | undefined;
  /**
   * Called once, when the answer has been handed over, was cut off, or the caller has left. Not when
   * `onProblem` has been called, for then the end is the adapter's.
   */
  readonly onOver?: (() => void) | undefined;
  /**
   * The request as the framework's users know it, for the key of the affinity.
   * @defaultValue that of `node:http`
   */
  readonly view?: RequestView | undefined;
}

const EXCHANGE = Symbol('spillway.exchange');
const LEFT_BODY = Symbol('spillway.leftBody');

/** A message that knows its exchange, so that all exchanges can share their listeners. */
interface Owned {
  [EXCHANGE]?: IncomingExchange<ExchangeAttempt>;
  /** The body, if a proxy before has read it and its `onReject` has passed the request on. */
  [LEFT_BODY]?: RequestBody;
}

function onResponseClose(this: ServerResponse & Owned): void {
  this[EXCHANGE]?.responseClosed();
}

function onRequestData(this: IncomingMessage & Owned, chunk: Buffer): void {
  this[EXCHANGE]?.gather(chunk);
}

/**
 * A request of `node:http`, answered on its response: reads its body as far as is needed, hands it to
 * handlers of this process, and knows when its caller has left. How backends behind HTTP are asked is
 * its subclass's.
 */
export abstract class IncomingExchange<A extends ExchangeAttempt>
  extends Exchange<A>
  implements Hop, Unfinished, BoundToConnection
{
  readonly request: IncomingMessage;
  trusted = false;
  protected readonly response: ServerResponse;
  readonly #host: ProxyHost;
  readonly #next: Next;
  readonly #context = new AsyncResource('SpillwayProxy');
  /** The key that the caller is given with the answer, for it came without. */
  protected readonly issued: IssuedKey | undefined;
  /** All has been given, and the last bytes are on their way. */
  #flushing = false;
  #gathered: Buffer[] | undefined;
  #missingBytes = 0;
  /** The body's content coding has been undone by a parser. */
  protected decoded = false;
  /** Others have read the body. */
  protected bodyWasRead = false;
  /** Of the handler that has the request. */
  #handling: HandlerAttempt | undefined;
  /** The handler reads a body that was read before. */
  #readsAnew = false;

  constructor(
    pool: ConnectedPool,
    request: IncomingMessage,
    response: ServerResponse,
    host: ProxyHost,
    next: Next,
    method = request.method ?? 'GET',
  ) {
    const keyHash = pool.keyHashOf(host.view ?? request);
    const issued = keyHash === undefined ? pool.config.affinity?.cookie?.issue() : undefined;
    super(pool, method, request.url ?? '/', keyHash ?? issued?.hash);
    this.issued = issued;
    this.request = request;
    this.response = response;
    this.#host = host;
    this.#next = next;
    (response as Owned)[EXCHANGE] = this;
    response.on('close', onResponseClose);
    // Behind others on its connection: until Node 24 such a response is not told when that closes.
    if (response.socket === null) onConnectionClose(request.socket, response, this);
  }

  /** Reads the request's body as far as is needed, then makes the first attempt. */
  start(): void {
    if (!this.prepareStart()) return;
    if (this.pool.hasHandlers) {
      this.#leaveBody();
      this.begin();
      return;
    }
    const length = this.#bodyLength;
    if (length !== undefined && length > 0 && length <= this.#maxGathered && this.#bytesAreHere) {
      this.#missingBytes = length;
      // Most small bodies come with their head: taken at once, they never have to flow.
      if (!this.#takeBody()) atEndOfTurn(this);
    } else if (this.#streamBody()) {
      const { body } = this;
      // Where places are few, none is taken for a caller that has yet to send its body.
      if (this.pool.hasLimits && body instanceof StreamedBody) {
        body.gather(MAX_GATHERED_BYTES, () => this.begin());
      } else {
        this.begin();
      }
    }
  }

  /** False when there is nobody to serve. */
  protected prepareStart(): boolean {
    const { destroyed, socket } = this.response;
    if (destroyed || (socket === null && this.request.socket.destroyed)) {
      // Left before the proxy was reached: no 'close' will tell.
      this.abandon();
      return false;
    }
    // The application's function, which may throw: asked here, where it is the one that is told.
    this.trusted = tellsOfHopsBefore(this.request.headers) && this.#host.trustsPeer(this.request);
    return true;
  }

  /** Has the body sent on as it comes, or as it was kept; false when it is gone, and that was said. */
  #streamBody(): boolean {
    const left = (this.request as Owned)[LEFT_BODY];
    if (!this.#hasBody) {
      this.body = emptyBody;
    } else if (left !== undefined) {
      this.body = left;
    } else if (!this.#comesPlain) {
      const detail = 'its body has a transfer coding other than chunked';
      this.reject(new RejectedError('bad_request', { policy: this.pool.name, detail }));
      return false;
    } else if (!this.#bytesAreHere) {
      return this.#sendKeptBody();
    } else {
      stopTap(this.request);
      const length = this.#bodyLength;
      const { maxBodyBytes } = this.retry;
      const maxKept = length !== undefined && length > maxBodyBytes ? 0 : maxBodyBytes;
      this.body = new StreamedBody(this.request, length, maxKept, (request) => request.resume());
    }
    return true;
  }

  /** A handler reads the body itself: left alone until it is clear that it goes elsewhere. */
  #leaveBody(): void {
    this.pool.likeness.learn(this.request, this.response);
    if (!this.#hasBody) return;
    const { maxBodyBytes } = this.retry;
    this.body = (this.request as Owned)[LEFT_BODY] ?? new UnreadBody(this.request, maxBodyBytes);
  }

  turnEnded(): void {
    if (this.over || this.#takeBody()) return;
    (this.request as Owned)[EXCHANGE] = this;
    this.request.on('data', onRequestData);
    // A listener alone does not wake a request that earlier middleware has paused.
    if (this.request.isPaused()) this.request.resume();
  }

  gather(chunk: Buffer): void {
    this.#missingBytes -= chunk.length;
    if (this.#missingBytes > 0 || this.#gathered !== undefined) {
      this.#gathered ??= [];
      this.#gathered.push(chunk);
      if (this.#missingBytes > 0) return;
    }
    const whole = this.#gathered === undefined ? chunk : Buffer.concat(this.#gathered);
    this.#gathered = undefined;
    this.body = new BufferedBody(whole);
    this.begin();
  }

  connectionClosed(): void {
    this.responseClosed();
  }

  responseClosed(): void {
    if (this.#flushing) {
      this.#flushing = false;
      this.pool.active.flushing--;
    }
    this.abandon();
  }

  override abandon(): void {
    this.#endHandling(true);
    super.abandon();
  }

  override shutDown(): void {
    const handled = this.#handling !== undefined;
    this.#endHandling(false);
    super.shutDown();
    if (!handled) return;
    const silence = () => makeLate(this.response, () => {}, true);
    // Whoever answers in the handler's place may do so only in a moment.
    if (this.response.headersSent) silence();
    else this.response.once('finish', silence);
  }

  override stalled(): void {
    // No further request of it could be told from the rest of this one.
    if (!this.over) this.response.shouldKeepAlive = false;
    super.stalled();
  }

  override removed(backend: object): void {
    if (this.#handling?.backend === backend) this.response.destroy();
  }

  protected override attempt(lease: Lease<HttpBackend>): void {
    const { body } = this;
    const { handler } = lease.backend.config;
    if (handler !== undefined) {
      this.#handle(handler, lease);
    } else if (!(body instanceof UnreadBody)) {
      super.attempt(lease);
    } else if (this.#streamBody()) {
      body.becomes(this.body);
      super.attempt(lease);
    } else {
      lease.release(false, this.pool.clock.now());
    }
  }

  protected override get committed(): boolean {
    return this.response.headersSent;
  }

  protected override callerHeadersFor(backend: HttpBackend): FlatHeaders {
    const { headers } = this.request;
    const flat = forwardedHeaders(headers, backend.notForwarded, this);
    if (this.decoded) dropHeader(flat, 'content-encoding');
    // A handler is of this very service, and serves the hosts that it is asked by.
    if (backend.inProcess !== undefined && headers.host !== undefined) {
      flat.push('host', headers.host);
    }
    return flat;
  }

  /** An answer that comes with others is written with theirs; nobody waits for others where it is alone. */
  protected joinOthers(): void {
    if (this.pool.active.count > 1) batchNextWrite(this.response);
  }

  protected override cutOff(): void {
    if (this.response.writableEnded) return;
    writeBatch();
    this.response.destroy();
  }

  protected override refuse(problem: ProblemError): void {
    const { onProblem } = this.#host;
    if (this.response.writableEnded || onProblem === undefined) {
      if (!this.response.writableEnded) sendProblem(this.response, problem);
      this.ended();
      return;
    }
    if (this.body instanceof BufferedBody && !this.decoded) {
      (this.request as Owned)[LEFT_BODY] = this.body;
    }
    onProblem(problem);
  }

  protected override ended(): void {
    // A policy in front of the proxy need not wait for the end of a response whose caller has left.
    endWork(this.response);
    if (this.response.writableEnded && !this.response.closed) {
      this.#flushing = true;
      this.pool.active.flushing++;
    }
    this.#host.onOver?.();
  }

  get #hasBody(): boolean {
    return this.#bodyLength !== 0;
  }

  /** A backend is told of chunks only: it would take what is compressed on the way as it is. */
  get #comesPlain(): boolean {
    const coding = this.request.headers['transfer-encoding'];
    return coding === undefined || coding.toLowerCase() === 'chunked';
  }

  /** Not read already, nor to be read as text, which cannot be turned back into what came. */
  get #bytesAreHere(): boolean {
    const { readableDidRead, readableEnded, readableEncoding } = this.request;
    return !readableDidRead && !readableEnded && readableEncoding === null;
  }

  /** `undefined` when the caller does not say it before the end. */
  get #bodyLength(): number | undefined {
    const { headers } = this.request;
    if (headers['transfer-encoding'] !== undefined) return undefined;
    return Number(headers['content-length'] ?? 0);
  }

  get #maxGathered(): number {
    return Math.min(MAX_GATHERED_BYTES, this.retry.maxBodyBytes);
  }

  /** Takes the body if all of it is here. */
  #takeBody(): boolean {
    const bytes: Buffer | null = this.request.complete ? this.request.read() : null;
    if (bytes !== null) this.gather(bytes);
    return bytes !== null;
  }

  /** A parser has read the body: what it kept is all there is to send. */
  #sendKeptBody(): boolean {
    this.bodyWasRead = true;
    if (!this.#takeKeptBody()) {
      const detail =
        'a body parser has read the body, and the bytes that came were not kept: give the parser { verify: keepRawBody } in Express, have app.use(keepRawBody) before it in Koa, or mount it after the proxy';
      return this.bodyConsumed(
        new UpstreamError('body_consumed', { policy: this.pool.name, detail }),
      );
    }
    return true;
  }

  /** A parser has read the body and kept nothing: false when that has been said. */
  protected bodyConsumed(problem: ProblemError): boolean {
    this.reject(problem);
    return false;
  }

  #takeKeptBody(): boolean {
    const kept = keptRawBody(this.request, this.#host.view);
    if (kept === undefined) return false;
    this.decoded = kept.decoded;
    this.body = kept.bytes.length === 0 ? emptyBody : new BufferedBody(kept.bytes);
    return true;
  }

  #handle(handler: BackendHandler, lease: Lease<HttpBackend>): void {
    const { request, pool, sample } = this;
    const issued = this.issued;
    const handling = new HandlerAttempt(lease, {
      request,
      response: this.response,
      next: this.#next,
      context: this.#context,
      clock: pool.clock,
      setCookie: issued && (() => issued.setCookie(cameByHttps(this))),
      sample,
    });
    this.#handling = handling;
    this.discardHeld();
    pool.likeness.learn(request, this.response);
    pool.served(lease.backend);
    const read = this.#takeBackBody();
    if (read === undefined) {
      handling.begin(handler);
    } else {
      this.#readsAnew = true;
      readAnew(request, read, () => handling.begin(handler));
    }
  }

  /** What has been read of the body, if a handler does not find it as it came. */
  #takeBackBody(): readonly Buffer[] | undefined {
    if (this.body instanceof UnreadBody && (this.#bytesAreHere || !this.#takeKeptBody())) {
      return undefined;
    }
    const read = this.body.takeBack();
    const { headers } = this.request;
    if (this.decoded && read !== undefined) {
      delete headers['content-encoding'];
      if (headers['content-length'] !== undefined) {
        headers['content-length'] = String(read.reduce((sum, { length }) => sum + length, 0));
      }
    }
    this.body = emptyBody;
    return read;
  }

  /** The response has closed, or is about to be closed by us. */
  #endHandling(byItself: boolean): void {
    const handling = this.#handling;
    if (handling === undefined) return;
    this.#handling = undefined;
    if (handling.end(byItself)) {
      this.concluded(isFailureStatus(this.response.statusCode));
      this.sampled();
    }
    // Node does so for a body that nobody has read, and this one counts as read.
    if (this.#readsAnew) this.request.resume();
  }
}

function dropHeader(flat: FlatHeaders, name: string): void {
  for (let at = 0; at < flat.length; at += 2) {
    if (flat[at] === name) {
      flat.splice(at, 2);
      return;
    }
  }
}
