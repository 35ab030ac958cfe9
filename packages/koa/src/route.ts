import type { ProblemError } from '@spillway/core';
import {
  type GuardedRoute,
  problemAnswer,
  SettlingPassage,
  sendProblem,
} from '@spillway/node-http';
import type { Context, Middleware, Next } from 'koa';
import type { OnReject } from './reject.ts';

/** Middleware that lets requests through as the route's policy says. */
export function guard(route: GuardedRoute, onReject: OnReject | undefined): Middleware {
  return function spillwayRoute(ctx, next) {
    return new Promise((resolve, reject) => {
      new KoaPassage(route, ctx, next, onReject, { resolve, reject }).start(
        ctx.request,
        onReject !== undefined,
      );
    });
  };
}

/** What middleware before this one waits for. */
interface Settling {
  resolve(value?: undefined | PromiseLike<void>): void;
  reject(error: unknown): void;
}

class KoaPassage extends SettlingPassage {
  readonly #ctx: Context;
  readonly #next: Next;
  readonly #onReject: OnReject | undefined;
  readonly #settling: Settling;
  /** Middleware before has gone on without waiting for what comes after. */
  #answered = false;

  constructor(
    route: GuardedRoute,
    ctx: Context,
    next: Next,
    onReject: OnReject | undefined,
    settling: Settling,
  ) {
    super(route, ctx.req, ctx.res);
    this.#ctx = ctx;
    this.#next = next;
    this.#onReject = onReject;
    this.#settling = settling;
  }

  protected override proceed(): void {
    this.#ctx.state.spillway = this.work;
    this.began();
    this.#next().then(
      () => {
        this.settled();
        this.#settling.resolve();
      },
      (error) => {
        this.settled();
        this.#failed(error);
      },
    );
  }

  protected override respond(problem: ProblemError): void {
    const ctx = this.#ctx;
    this.#answered = true;
    if (this.#onReject !== undefined) {
      // A handler that answers by itself may have said otherwise, and is not listened to any more.
      if (!ctx.headerSent) ctx.respond = true;
      this.#settling.resolve(callOnReject(this.#onReject, problem, ctx, this.#next));
      return;
    }
    try {
      if (this.started) {
        // At once, for what the handler still puts into the context must not be sent in its place.
        sendProblem(ctx.res, problem);
      } else {
        const { status, headers, body } = problemAnswer(problem);
        ctx.status = status;
        ctx.set(headers);
        ctx.body = body;
      }
      this.#settling.resolve();
    } catch (error) {
      this.#settling.reject(error);
    }
  }

  protected override dropped(): void {
    this.#settling.resolve();
  }

  #failed(error: unknown): void {
    if (!this.#answered) this.#settling.reject(error);
    // Nobody else would hear of it; but an abort that the handler heeds is no error.
    else if (error !== this.work.signal.reason) this.#ctx.app.emit('error', error, this.#ctx);
  }
}

async function callOnReject(
  onReject: OnReject,
  problem: ProblemError,
  ctx: Context,
  next: Next,
): Promise<void> {
  await onReject(problem, ctx, next);
}
