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
  /** Answers the caller in the place of what the policy protects. Must not throw. */
  protected abstract respond(problem: ProblemError): void;

  /**
   * @param request what the application's functions are given
   * @param keepsContext whether {@link respond} calls the application
   */
  start(request: RequestView, keepsContext: boolean): void {
    const { work } = this;
    if (work.isAbandoned) {
      // No 'close' will tell, and nobody further in will work for it.
      work.handlerEnded();
      this.dropped();
      return;
    }
    if (work.isInside(this.policy)) {
      // The same middleware further out: it must not wait for itself.
      this.proceed();
      return;
    }
    if (keepsContext) this.#context = new AsyncResource('SpillwayRoute');
    const { active } = this.policy;
    active.enter(this);
    work.join(this);
    if (active.windingDown) this.closeConnection();
    if (!active.accepting) this.shutDown();
    else this.begin(request);
    if (this.waits) this.#context ??= new AsyncResource('SpillwayRoute');
  }

  answer(problem: ProblemError): void {
    if (this.#context === undefined) this.respond(problem);
    else this.#context.runInAsyncScope(this.respond, this, problem);
  }

  removed(): void {}

  closeConnection(): void {
    this.work.closeConnection();
  }

  closed(): void {
    const { active } = this.policy;
    active.flushing--;
    active.leave(this);
  }

  protected override get isMoot(): boolean {
    return this.work.isAbandoned || this.work.isAnswered;
  }

  protected override get isAnswered(): boolean {
    return this.work.isAnswered;
  }

  protected override run(): void {
    if (this.wantsHead) this.work.watchHead();
    if (this.#context === undefined) this.proceed();
    else this.#context.runInAsyncScope(this.proceed, this);
  }

  protected override refuse(problem: ProblemError): void {
    this.answer(problem);
  }

  protected override cutShort(problem: ProblemError): void {
    this.work.cutShort(problem, this);
  }

  protected override left(): void {
    const { active } = this.policy;
    if (this.work.leave(this)) active.flushing++;
    else active.leave(this);
  }
}
