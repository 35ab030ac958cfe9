import type { ProblemError } from '@spillway/core';
import { type GuardedRoute, RoutePassage, sendProblem } from '@spillway/node-http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { callOnReject, type OnReject } from './reject.ts';

/** Middleware that lets requests through as the route's policy says. */
export function guard(route: GuardedRoute, onReject: OnReject | undefined): RequestHandler {
  return function spillwayRoute(req, res, next) {
    new ExpressPassage(route, req, res, next, onReject).start(req, onReject !== undefined);
  };
}

class ExpressPassage extends RoutePassage {
  /** What a handler returns cannot be seen: only the end of its response counts. */
  readonly settles = false;
  readonly #req: Request;
  readonly #res: Response;
  readonly #next: NextFunction;
  readonly #onReject: OnReject | undefined;

  constructor(
    route: GuardedRoute,
    req: Request,
    res: Response,
    next: NextFunction,
    onReject: OnReject | undefined,
  ) {
    super(route, req, res);
    this.#req = req;
    this.#res = res;
    this.#next = next;
    this.#onReject = onReject;
  }

  protected override proceed(): void {
    this.#req.spillway = this.work;
    this.#next();
  }

  protected override respond(problem: ProblemError): void {
    if (this.#onReject !== undefined) {
      callOnReject(this.#onReject, problem, this.#req, this.#res, this.#next);
      return;
    }
    try {
      sendProblem(this.#res, problem);
    } catch (error) {
      // What other middleware has put in place of Node's methods may throw.
      this.#next(error);
    }
  }

  protected override dropped(): void {}
}
