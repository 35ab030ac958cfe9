import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http';
import { Readable } from 'node:stream';
import type { Lease, ProblemError } from '@spillway/core';
import type { Dispatcher } from 'undici';
import { Attempt, type AttemptOwner } from '../attempt.ts';
import { BufferedBody } from '../body/body.ts';
import { StreamedBody } from '../body/streamed-body.ts';
import type { ConnectedPool } from '../connected-pool.ts';
import { Exchange } from '../exchange.ts';
import { answerHeaders, type FlatHeaders, forwardedHeaders } from '../headers.ts';
import type { HttpBackend } from '../http-backend.ts';
import { problemBody, problemHeaders } from '../problem.ts';
import { submit } from '../submit.ts';

/** A request of undici's `dispatch`, answered to its handler: what `fetch` is made of. */
export class DispatchExchange
  extends Exchange<Attempt>
  implements AttemptOwner, Dispatcher.DispatchController
{
  /** The answer's, as some versions of `fetch` read them. */
  rawHeaders: Buffer[] = [];
  readonly #headers: IncomingHttpHeaders;
  readonly #handler: Dispatcher.DispatchHandler;
  #committed = false;
  #reason: Error | null = null;
  #paused = false;

  constructor(
    pool: ConnectedPool,
    options: Dispatcher.DispatchOptions,
    headers: IncomingHttpHeaders,
    handler: Dispatcher.DispatchHandler,
  ) {
    const view = { method: options.method, url: options.path, headers };
    super(pool, options.method, options.path, pool.keyHashOf(view));
    this.#headers = headers;
    this.#handler = handler;
    const { body } = options;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      this.body = new BufferedBody(Buffer.from(body));
    } else if (body) {
      const length = headers['content-length'];
      const source =
        body instanceof Readable
          ? body
          : Readable.from(body as unknown as AsyncIterable<Uint8Array>);
      const { maxBodyBytes } = this.retry;
      this.body = new StreamedBody(
        source,
        length === undefined ? undefined : Number(length),
        maxBodyBytes,
        (stream) => stream.destroy(),
      );
    }
  }

  start(): void {
    this.#handler.onRequestStart?.(this, {});
    if (this.#reason === null) this.begin();
  }

  // For the handler

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  get paused(): boolean {
    return this.#paused;
  }

  abort(reason: Error): void {
    if (this.over || this.#reason !== null) return;
    this.#reason = reason;
    this.abandon();
    this.#handler.onResponseError?.(this, reason);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.current?.resume();
  }

  // For the exchange

  protected override get committed(): boolean {
    return this.#committed;
  }

  protected override callerHeadersFor(backend: HttpBackend): FlatHeaders {
    return forwardedHeaders(this.#headers, backend.notForwarded);
  }

  protected override makeAttempt(lease: Lease<HttpBackend>): Attempt {
    return new Attempt(this, lease);
  }

  protected override send(attempt: Attempt): void {
    submit(this, attempt);
  }

  protected override deliverHead(attempt: Attempt): void {
    this.#committed = true;
    this.#answer(attempt.statusCode, answerHeaders(attempt.headers));
  }

  flushHead(): void {}

  protected override deliverChunk(chunk: Buffer): boolean {
    this.#handler.onResponseData?.(this, chunk);
    return !this.#paused;
  }

  protected override deliverEnd(): void {
    this.#handler.onResponseEnd?.(this, {});
  }

  protected override cutOff(error: Error): void {
    this.#handler.onResponseError?.(this, error);
  }

  protected override refuse(problem: ProblemError): void {
    const body = JSON.stringify(problemBody(problem));
    this.#answer(problem.status, problemHeaders(problem, body));
    this.#handler.onResponseData?.(this, Buffer.from(body));
    this.#handler.onResponseEnd?.(this, {});
  }

  #answer(statusCode: number, headers: Record<string, string | string[]>): void {
    this.rawHeaders = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().flatMap((single) => [Buffer.from(name), Buffer.from(single, 'latin1')]),
    );
    this.#handler.onResponseStart?.(this, statusCode, headers, STATUS_CODES[statusCode] ?? '');
  }
}
