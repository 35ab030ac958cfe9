import type { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Lease, ProblemError } from '@spillway/core';
import {
  cameByHttps,
  endUnanswered,
  framedHeaders,
  type HttpBackend,
  IncomingExchange,
  watchBody,
} from '@spillway/node-http';
import { ClientAttempt, type ClientAttemptOwner } from './client-attempt.ts';
import type { Forwarding } from './forwarding.ts';
import { ATTEMPT, type AttemptOptions } from './proxy-server.ts';
import {
  announcesBody,
  dropCallersHeaders,
  endConnectionOf,
  leadsTo,
  setOwnHeaders,
} from './request-headers.ts';

const EXCHANGE = Symbol('spillway.exchange');

interface Exchanged {
  /** Until there is an exchange, what comes after: one property is cheaper than two. */
  [EXCHANGE]?: ClientExchange | (() => void) | undefined;
}

/** Notes what comes after, for http-proxy-middleware tells its server only of errors. */
export function noteNext(
  request: IncomingMessage & Exchanged,
  next: (() => void) | undefined,
): void {
  request[EXCHANGE] = next;
}

function notedNext(request: IncomingMessage & Exchanged): (() => void) | undefined {
  const noted = request[EXCHANGE];
  return typeof noted === 'function' ? noted : undefined;
}

/** The exchange that a request is in, if it is one of a pool. */
export function exchangeOf(request: IncomingMessage & Exchanged): ClientExchange | undefined {
  const noted = request[EXCHANGE];
  return typeof noted === 'function' ? undefined : noted;
}

/** A request whose attempts httpxy makes, one after another. */
export abstract class ClientExchange
  extends IncomingExchange<ClientAttempt>
  implements ClientAttemptOwner
{
  protected readonly forwarding: Forwarding;
  protected readonly options: AttemptOptions;
  /** For http-proxy-middleware, which waits for the end. */
  protected readonly settled: PromiseWithResolvers<void>;
  #consumed: ProblemError | undefined;
  #attempts = 0;
  /** httpxy has been given an answer, so that no other can take its place. */
  #delivered = false;

  constructor(
    forwarding: Forwarding,
    request: IncomingMessage & Exchanged,
    response: ServerResponse,
    options: AttemptOptions,
  ) {
    const settled = Promise.withResolvers<void>();
    const passOn = passesOn(settled, response, notedNext(request));
    const host = forwarding.hostOf(request);
    super(forwarding.pool, request, response, host, passOn, options.method);
    this.settled = settled;
    this.forwarding = forwarding;
    this.options = options;
    request[EXCHANGE] = this;
  }

  /** Hands the attempt to httpxy. */
  protected abstract submit(attempt: ClientAttempt): void;

  /** Resolves when the caller's response has closed, or had before; rejects with what the application is to answer. */
  serve(): Promise<void> {
    this.start();
    return this.settled.promise;
  }

  /** Answers with the problem; no backend is asked. */
  decline(problem: ProblemError): Promise<void> {
    this.reject(problem);
    return this.settled.promise;
  }

  override removed(backend: object): void {
    super.removed(backend);
    const { current } = this;
    if (current?.lease.backend === backend) current.breakOff(new Error('the backend was removed'));
  }

  override responseClosed(): void {
    const { current } = this;
    if (current?.delivered && (current.ended || current.complete)) this.finish();
    super.responseClosed();
  }

  override abandon(): void {
    super.abandon();
    this.settled.resolve();
  }

  /** An error that httpxy has met elsewhere than in the request of an attempt that it has made. */
  httpxyFailed(error: Error, target: unknown): void {
    const { current } = this;
    if (this.over || current === undefined || current.profile.target !== target) return;
    if (current.delivered) {
      this.forwarding.tellError(error, this.request, this.subject, target);
    } else if (error instanceof TypeError) {
      current.cancel();
      this.unsendable(error);
    } else if (!current.adopted) {
      current.fail('connect_error', error);
    }
  }

  // For the attempts

  get limits(): ClientAttemptOwner['limits'] {
    return this.forwarding.limits;
  }

  get readsLocation(): boolean {
    return this.forwarding.readsLocation;
  }

  now(): number {
    return this.pool.clock.now();
  }

  prepare(attempt: ClientAttempt, request: ClientRequest): void {
    const { profile } = attempt;
    const { headers } = this.request;
    dropCallersHeaders(request, profile, headers, this.upgrade !== undefined);
    if (!attempt.redirected || leadsTo(profile, request)) setOwnHeaders(request, profile);
    if (!this.bodyWasRead || this.#consumed !== undefined || !announcesBody(request)) return;
    request.removeHeader('transfer-encoding');
    if (this.decoded) request.removeHeader('content-encoding');
    request.setHeader('content-length', String(this.body.length));
  }

  announced(attempt: ClientAttempt, request: ClientRequest): void {
    if (!this.bodyWasRead) return;
    // `fixRequestBody`, say: a body that has been written must not be written again.
    if (request.headersSent) {
      attempt.leaveBody();
    } else if (this.#consumed !== undefined && announcesBody(request)) {
      attempt.cancel();
      this.reject(this.#consumed);
    }
  }

  upgraded(attempt: ClientAttempt): void {
    this.switchedBy(attempt);
  }

  flushHead(): void {
    if (!this.over && !this.options.selfHandleResponse) this.response.flushHeaders();
  }

  complete(_attempt: ClientAttempt): void {
    if (this.response.closed) this.finish();
  }

  // For the exchange

  protected override makeAttempt(lease: Lease<HttpBackend>): ClientAttempt {
    const { forwarding } = this;
    return new ClientAttempt(
      this,
      lease,
      forwarding.profileOf(lease.backend),
      forwarding.maxRedirects,
    );
  }

  protected override send(attempt: ClientAttempt): void {
    const { options, forwarding } = this;
    options.target = attempt.profile.target as NonNullable<AttemptOptions['target']>;
    options[ATTEMPT] = attempt;
    if (forwarding.ownsConnections && this.upgrade === undefined) {
      options.agent = attempt.profile.agent;
    }
    if (this.#attempts++ === 0) {
      endConnectionOf(this.request.headers);
    } else {
      // Mirrored once, however often it is tried.
      delete options.forward;
      // httpxy listens anew for each attempt, which is no leak.
      this.request.setMaxListeners(0);
      this.subject.setMaxListeners(0);
    }
    this.submit(attempt);
  }

  protected override get committed(): boolean {
    return this.#delivered || super.committed;
  }

  protected override deliverHead(attempt: ClientAttempt): void {
    this.#delivered = true;
    const { issued, sample } = this;
    const isSwitching = this.upgrade !== undefined;
    const headers = isSwitching ? attempt.headers : framedHeaders(attempt.headers);
    if (issued !== undefined) {
      const cookies = headers['set-cookie'] ?? [];
      headers['set-cookie'] = [...cookies, issued.setCookie(cameByHttps(this))];
    }
    if (!isSwitching && this.pool.active.windingDown) headers.connection = 'close';
    if (!isSwitching) this.joinOthers();
    attempt.rewriteHeaders(headers);
    if (sample !== undefined) watchBody(this.response, (chunk) => sample.add(chunk));
  }

  /** What is cut off must not look like no answer at all, which a caller might ask for again. */
  protected override cutOff(): void {
    if (this.#delivered && !this.options.selfHandleResponse && !this.response.writableEnded) {
      this.response.flushHeaders();
    }
    super.cutOff();
  }

  protected override bodyConsumed(problem: ProblemError): boolean {
    // Somebody may still write it anew: that is known once there is a request.
    this.#consumed = problem;
    return true;
  }

  protected override refuse(problem: ProblemError): void {
    const { forwarding, request, subject } = this;
    this.ended();
    if (forwarding.handlesErrors) {
      forwarding.tellError(problem, request, subject, this.options.target);
    } else {
      this.answerProblem(problem);
      this.settled.reject(problem);
    }
  }

  /** What listeners for errors are given: the response, or the socket that is upgraded. */
  protected abstract get subject(): EventEmitter;

  /** Answers where no application can. */
  protected answerProblem(_problem: ProblemError): void {}

  // httpxy pipes the answer

  protected override deliverChunk(): boolean {
    return true;
  }

  protected override deliverEnd(): void {}
}

/** What a handler among the backends is given as `next`. */
function passesOn(
  settled: PromiseWithResolvers<void>,
  response: ServerResponse,
  next: () => void = endUnanswered(response),
): (error?: unknown) => void {
  return (error) => {
    if (error !== undefined && error !== null) {
      settled.reject(error);
    } else {
      settled.resolve();
      next();
    }
  };
}
