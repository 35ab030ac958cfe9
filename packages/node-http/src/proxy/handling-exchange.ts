import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BackendHandler, Lease } from '@spillway/core';
import { UnreadBody } from '../body/unread-body.ts';
import type { ConnectedPool } from '../connected-pool.ts';
import { cameByHttps } from '../headers.ts';
import type { HttpBackend } from '../http-backend.ts';
import { makeLate } from '../route/late-response.ts';
import { watchBody, watchHead } from '../watch-answer.ts';
import { ProxyExchange, type ProxyHost } from './proxy-exchange.ts';

/** Passes the request on to what comes after the proxy, or an error to whoever answers errors. */
export type Next = (error?: unknown) => void;

/**
 * A request of a pool that has handlers among its backends. Its body is left alone until it is
 * clear that a backend behind HTTP is sent it: a handler reads it itself.
 */
export class HandlingExchange extends ProxyExchange {
  readonly #next: Next;
  /** A handler that is reached only later must still find the request's own AsyncLocalStorage. */
  readonly #context = new AsyncResource('SpillwayHandler');
  #bodyIsTouched = false;
  /** Of the handler that has the request. */
  #handled: Lease<HttpBackend> | undefined;
  #hasAnswered = false;

  constructor(
    pool: ConnectedPool,
    request: IncomingMessage,
    response: ServerResponse,
    host: ProxyHost,
    next: Next,
  ) {
    super(pool, request, response, host);
    this.#next = next;
  }

  override start(): void {
    if (!this.prepare()) return;
    if (this.hasBody) this.body = new UnreadBody(this.request, this.pool.config.retry.maxBodyBytes);
    for (const { inProcess } of this.pool.backends) {
      inProcess?.resemble(this.request, this.response);
    }
    this.begin();
  }

  /** A handler cannot be given a body of which others have read. */
  override get tried(): readonly HttpBackend[] {
    if (!this.#bodyIsTouched) return super.tried;
    return [...super.tried, ...this.pool.backends.filter(({ inProcess }) => inProcess)];
  }

  override abandon(): void {
    this.#release(true);
    super.abandon();
  }

  override shutDown(): void {
    const handled = this.#handled !== undefined;
    this.#release(false);
    super.shutDown();
    if (handled) makeLate(this.response, () => {}, true);
  }

  override removed(backend: object): void {
    if (this.#handled?.backend === backend) this.response.destroy();
  }

  protected override attempt(lease: Lease<HttpBackend>): void {
    const { handler } = lease.backend.config;
    if (handler !== undefined) {
      this.#handle(handler, lease);
      return;
    }
    if (!this.#bodyIsTouched && this.hasBody) {
      this.#bodyIsTouched = true;
      if (!this.streamBody()) {
        lease.release(false, this.pool.clock.now());
        return;
      }
    }
    super.attempt(lease);
  }

  #handle(handler: BackendHandler, lease: Lease<HttpBackend>): void {
    const { request, response } = this;
    this.#handled = lease;
    watchHead(response, (statusCode, headers) => {
      if (this.#handled === undefined || this.#hasAnswered) return;
      this.#hasAnswered = true;
      lease.answered(statusCode, headers, this.pool.clock.now());
      this.sample?.head(statusCode, headers);
    });
    const { issued } = this;
    if (issued !== undefined) addCookie(response, () => issued.setCookie(cameByHttps(this)));
    const { sample } = this;
    if (sample !== undefined) watchBody(response, (chunk) => sample.add(chunk));
    this.pool.served(lease.backend);
    try {
      const result: unknown = this.#context.runInAsyncScope(
        handler,
        undefined,
        request,
        response,
        this.#next,
      );
      if (result instanceof Promise) result.catch(this.#next);
    } catch (error) {
      this.#next(error);
    }
  }

  /** The response has closed, or is about to be closed by us. */
  #release(byItself: boolean): void {
    const lease = this.#handled;
    if (lease === undefined) return;
    this.#handled = undefined;
    const { writableEnded, writableFinished } = this.response;
    const complete = byItself && writableEnded && writableFinished;
    lease.release(complete, this.pool.clock.now());
    if (complete) this.sampled();
  }
}

/** Once the head is written: beside the cookies that the handler has set by then. */
function addCookie(response: ServerResponse, setCookie: () => string): void {
  const { writeHead } = response;
  response.writeHead = function headWithCookie(this: ServerResponse, ...args: unknown[]) {
    const given = args.map((arg) => withoutCookies(response, arg));
    response.appendHeader('set-cookie', setCookie());
    return Reflect.apply(writeHead, this, given) as ServerResponse;
  } as ServerResponse['writeHead'];
}

/** Headers that are handed to `writeHead` would replace those that were set before. */
function withoutCookies(response: ServerResponse, headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return headers;
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === 'set-cookie') response.setHeader(name, value as string | string[]);
    else rest[name] = value;
  }
  return rest;
}
