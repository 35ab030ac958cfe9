import { RoutePolicy } from '@spillway/core';
import { ActiveRequests } from '../active-requests.ts';

/** A route's policy, with the requests that are under way in it. */
export class GuardedRoute extends RoutePolicy {
  readonly active = new ActiveRequests();

  /** Resolves when no request is under way or waits. */
  idle(): Promise<void> {
    return this.active.idle();
  }

  /** Ends what is left, and every timer. */
  async destroy(): Promise<void> {
    this.active.shutDown();
    this.dispose();
  }
}
