import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Passage, type ProblemError, type RequestView } from '@spillway/core';
import type { ActiveRequest } from '../active-requests.ts';
import type { GuardedRoute } from './guarded-route.ts';
import { type Participant, type Work, workOn } from './work.ts';

/** One request of `node:http` on its way through a route's policy. An adapter says how it goes on. */
export abstract class RoutePassage extends Passage implements ActiveRequest, Participant {
  declare readonly policy: GuardedRoute;
  readonly work: Work;
  /** Where the policy keeps it. */
  place = 0;
  outer: Participant | undefined = undefined;
  #hasSettled = false;
  /**
   * Of one that waits, or is answered by the application. Without it the request would go on in the
   * context of the one that gives up its slot, and find that one's AsyncLocalStorage.
   */
  #context: AsyncResource | undefined;
  abstract readonly settles: boolean;

  constructor(route: GuardedRoute, request: IncomingMessage, response: ServerResponse) {
    super(route);
    this.work = workOn(request, response);
  }

  /** Calls the next middleware. Must not throw. */
  protected abstract proceed(): void;
  /** Answers the caller in the place of what the policy protects. */
  protected abstract respond(problem: ProblemError): void;

  /**
   * @param request what the application's functions are given
   * @param keepsContext whether {@link respond} calls the application
   */
  start(request: RequestView, keepsContext: boolean): void {
    if (this.work.callerIsGone) {
      // No 'close' will tell.
      this.dropped();
      return;
    }
    if (this.work.isInside(this.policy)) {
      // The same middleware further out: it must not wait for itself.
      this.proceed();
      return;
    }
    if (keepsContext) this.#context = new AsyncResource('SpillwayRoute');
    const { active } = this.policy;
    active.enter(this);
    this.work.join(this);
    if (!active.accepting) this.shutDown();
    else this.begin(request);
    if (this.waits) this.#context ??= new AsyncResource('SpillwayRoute');
  }

  protected override get callerIsGone(): boolean {
    return this.work.callerIsGone;
  }

  protected override run(): void {
    if (this.wantsHead) this.work.watchHead();
    if (this.#context === undefined) this.proceed();
    else this.#context.runInAsyncScope(this.proceed, this);
  }

  protected override get isAnswered(): boolean {
    return this.work.isAnswered;
  }

  answer(problem: ProblemError): void {
    if (this.#context === undefined) this.respond(problem);
    else this.#context.runInAsyncScope(this.respond, this, problem);
  }

  protected override refuse(problem: ProblemError): void {
    this.answer(problem);
  }

  protected override cutShort(problem: ProblemError): void {
    this.work.cutShort(problem, this);
  }

  /** The promise of what comes after this policy has settled. */
  protected settled(): void {
    this.#hasSettled = true;
    if (this.isAbandoned) this.ended();
  }

  override abandon(): void {
    super.abandon();
    if (this.#hasSettled) this.ended();
  }

  protected override left(): void {
    this.work.leave(this);
    this.policy.active.leave(this);
  }
}
