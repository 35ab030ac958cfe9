import type { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BackendHandler, Clock, Lease } from '@spillway/core';
import type { HttpBackend } from '../http-backend.ts';
import type { AnswerSample } from '../shadows/shadow-copy.ts';
import { type GivenHeaders, headerEntries, watchBody, watchHead } from '../watch-answer.ts';

/** Passes the request on to what comes after the proxy, or an error to whoever answers errors. */
export type Next = (error?: unknown) => void;

/** The request that a handler is given, and what belongs to it. */
export interface Handled {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly next: Next;
  /** The request's own AsyncLocalStorage, for a handler that is reached only later. */
  readonly context: AsyncResource;
  readonly clock: Clock;
  /** The cookie that goes with the answer. */
  readonly setCookie: (() => string) | undefined;
  /** The answer, when it is compared with that of a shadow. */
  readonly sample: AnswerSample | undefined;
}

/** The submission of a request to a handler of this process, which answers the caller itself. */
export class HandlerAttempt {
  readonly #lease: Lease<HttpBackend>;
  readonly #handled: Handled;
  #answered = false;
  #over = false;

  constructor(lease: Lease<HttpBackend>, handled: Handled) {
    this.#lease = lease;
    this.#handled = handled;
  }

  get backend(): HttpBackend {
    return this.#lease.backend;
  }

  /** Does nothing when it is over already. */
  begin(handler: BackendHandler): void {
    if (this.#over) return;
    const { request, response, next, context, sample, setCookie } = this.#handled;
    watchHead(response, (statusCode, headers) => {
      if (this.#over || this.#answered) return;
      this.#answered = true;
      this.#lease.answered(statusCode, headers, this.#handled.clock.now());
      sample?.head(statusCode, headers);
    });
    if (setCookie !== undefined) addCookie(response, setCookie);
    // Whatever a handler writes to it, a HEAD is answered without a body.
    if (sample !== undefined && request.method !== 'HEAD') {
      watchBody(response, (chunk) => sample.add(chunk));
    }
    try {
      const result: unknown = context.runInAsyncScope(handler, undefined, request, response, next);
      if (result instanceof Promise) result.catch(next);
    } catch (error) {
      next(error);
    }
  }

  /**
   * The response has closed, or is about to be closed by us.
   * @returns whether the caller has got a whole answer
   */
  end(byItself: boolean): boolean {
    if (this.#over) return false;
    this.#over = true;
    const { writableEnded, writableFinished } = this.#handled.response;
    const complete = byItself && writableEnded && writableFinished;
    this.#lease.release(complete, this.#handled.clock.now());
    return complete;
  }
}

/** Once the head is written: beside the cookies that the handler has set by then. */
function addCookie(response: ServerResponse, setCookie: () => string): void {
  const { writeHead } = response;
  response.writeHead = function headWithCookie(this: ServerResponse, ...args: unknown[]) {
    const at = args.findIndex((arg) => typeof arg === 'object' && arg !== null);
    // Those that are handed to `writeHead` replace what was set before.
    const cookies = at === -1 ? [] : cookiesAmong(args[at] as GivenHeaders);
    if (cookies.length > 0) {
      response.setHeader('set-cookie', cookies);
      args[at] = withoutCookies(args[at] as GivenHeaders);
    }
    response.appendHeader('set-cookie', setCookie());
    return Reflect.apply(writeHead, this, args) as ServerResponse;
  } as ServerResponse['writeHead'];
}

function cookiesAmong(headers: GivenHeaders): string[] {
  return headerEntries(headers).flatMap(([name, value]) =>
    isSetCookie(name) ? (value as string | string[]) : [],
  );
}

function withoutCookies(headers: GivenHeaders): GivenHeaders {
  const rest = headerEntries(headers).filter(([name]) => !isSetCookie(name));
  return Array.isArray(headers) ? rest.flat() : Object.fromEntries(rest);
}

function isSetCookie(name: unknown): boolean {
  return String(name).toLowerCase() === 'set-cookie';
}
