import type { Trip } from './trip.ts';

/** What one breaker is told of those of the same name in other instances. */
export interface BreakerHooks {
  tripped(trip: Trip): void;
  closed(): void;
  /** The trial is this instance's to make, or no longer. */
  mayTry(may: boolean): void;
}

/** A breaker that trips and closes in all instances, which make one trial together. */
export interface SharedBreaker {
  /** It has tripped here, or its trip lasts longer than before. */
  tripped(trip: Trip): void;
  /** A trial here has succeeded. */
  closed(): void;
  /** The wait is over: {@link BreakerHooks.mayTry} says when a trial may be made here. */
  awaitTrial(): void;
  /** A trial has begun here, or has ended without a verdict. */
  trial(isUnderWay: boolean): void;
  close(): void;
}

/** Makes a breaker's part that all instances share. */
export type ShareBreaker = (hooks: BreakerHooks) => SharedBreaker;
