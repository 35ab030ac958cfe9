import {
  type Clock,
  Passage,
  type ProblemError,
  type RequestView,
  type RouteCall,
  RoutePolicy,
  readRouteOptions,
} from '@spillway/core';
import { FakeClock } from './fake-clock.ts';

/** The policy that a call with these options makes, named after the call. */
export function scriptedRoute(
  call: RouteCall,
  options: unknown,
  clock: Clock = new FakeClock(),
  events: ConstructorParameters<typeof RoutePolicy>[3] = {},
): RoutePolicy {
  return new RoutePolicy(call, readRouteOptions[call](options, call), clock, events);
}

/** What a policy tells the transport of a request. */
export type Told = 'run' | 'refuse' | 'cutShort' | 'dropped' | 'left';

/** A request of no transport: its work does what the test says. */
export class ScriptedPassage extends Passage {
  /** In order. */
  readonly told: Told[] = [];
  /** What the caller was answered with by the policy. */
  problem: ProblemError | undefined;
  /** The caller has gone, which nobody has told the policy of. */
  gone = false;
  /** The work has given its whole answer; its caller has not got all of it yet. */
  isAnswered = false;
  /** Whether the head of the answer was asked for when the request began to run. */
  headWanted = false;
  /** Called when the policy lets the request through. */
  onRun: (() => void) | undefined;
  /** Called when the policy is done with the request. */
  onLeft: (() => void) | undefined;

  /** Comes to the policy with these headers. */
  arrive(headers: RequestView['headers'] = {}): this {
    this.begin({ headers });
    return this;
  }

  /** It was let through, and its work holds what it was given. */
  get isAtWork(): boolean {
    return this.told.includes('run') && !this.isOver;
  }

  get isOver(): boolean {
    return this.told.includes('left');
  }

  /** What a transport does when the caller's connection closes. */
  leave(): void {
    this.gone = true;
    this.abandon();
  }

  protected override get isMoot(): boolean {
    return this.gone;
  }

  protected override run(): void {
    this.told.push('run');
    this.headWanted = this.wantsHead;
    this.onRun?.();
  }

  protected override refuse(problem: ProblemError): void {
    this.told.push('refuse');
    this.problem = problem;
  }

  /** As transports do it: nobody waits for the answer of the work any more. */
  protected override cutShort(problem: ProblemError): void {
    this.told.push('cutShort');
    this.problem = problem;
    this.abandon();
  }

  protected override dropped(): void {
    this.told.push('dropped');
  }

  protected override left(): void {
    this.told.push('left');
    this.onLeft?.();
  }
}

/** One request that comes to the policy now. */
export function arrive(policy: RoutePolicy, headers: RequestView['headers'] = {}): ScriptedPassage {
  return new ScriptedPassage(policy).arrive(headers);
}

/** So many of them, one after another. */
export function arriveInRow(policy: RoutePolicy, count: number): ScriptedPassage[] {
  return Array.from({ length: count }, () => arrive(policy));
}
