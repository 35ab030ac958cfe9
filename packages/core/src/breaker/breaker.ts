import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import type { Clock, Timer } from '../clock.ts';
import { object, positiveMs } from '../options.ts';
import type { BreakerRule } from './rule.ts';
import type { ShareBreaker, SharedBreaker } from './shared-breaker.ts';
import type { FailureCause, Trip } from './trip.ts';
import { type FailureWindow, failureWindow } from './window.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerEvents {
  /** Closed or half-open before, open now. */
  onTrip?(trip: Trip): void;
  /** A trial proved that the work succeeds again, or somebody says so. */
  onClose?(): void;
  /** {@link Breaker.admits} may have changed. */
  onChange?(): void;
}

export interface TripOptions {
  /** How long nothing goes through, in milliseconds. */
  readonly durationMs: number;
}

/** A breaker in an operator's hand. */
export interface BreakerControl {
  readonly state: BreakerState;
  /**
   * Lets nothing through for `durationMs`, whether anything has failed or not; then a trial decides,
   * as after any trip. One that is open already stays so for this long at least: {@link close} it
   * before to shorten its trip.
   * @throws ConfigurationError when `durationMs` is not a finite number above 0
   */
  trip(options: TripOptions): void;
  /** Lets requests through at once, without a trial; what was counted before is forgotten. */
  close(): void;
}

const readTripOptions = object<TripOptions>({ durationMs: positiveMs });

/** Permission from {@link Breaker.begin}: the breaker's epoch and, in the lowest bit, whether it is the trial. */
export type Pass = number;

/** opossum's own timer must never act: the wait is ours, on the injected clock. */
const NEVER_MS = 2_147_483_647;

/** opossum rotates statistics that nobody reads here; one emitter that never rotates saves its timers. */
const neverRotating = new EventEmitter().setMaxListeners(0);

/**
 * A circuit breaker: opossum keeps the circuit open or closed, driven by `open()` and `close()`; the window, the wait and the single trial are kept here, because opossum
 * has no count rule, cannot wait as long as an answer asks, counts calls begun before a trip, and
 * stays shut for ever after a trial that ends without a verdict.
 *
 * Not told of work that proves nothing (a caller that left): give its pass to {@link abandon}.
 */
export class Breaker implements BreakerControl {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #circuit: CircuitBreaker;
  #rule: BreakerRule;
  #window: FailureWindow;
  readonly #onChange: (() => void) | undefined;
  readonly #onTrip: ((trip: Trip) => void) | undefined;
  readonly #onClose: (() => void) | undefined;
  /** Counts trips and extensions, so that a call begun before one is known by its pass. */
  #epoch = 0;
  #waiting = false;
  #trialUnderWay = false;
  #openUntil = 0;
  #lastFailure: FailureCause;
  #timer: Timer | undefined;
  #trips = 0;
  #disposed = false;
  readonly #shared: SharedBreaker | undefined;
  /** Of all instances that share the breaker, one makes the trial. */
  #mayTry = true;

  /** @param share absent of a breaker that is this process's own */
  constructor(
    name: string,
    rule: BreakerRule,
    clock: Clock,
    events: BreakerEvents = {},
    share?: ShareBreaker,
  ) {
    this.#rule = rule;
    this.#name = name;
    this.#clock = clock;
    this.#window = failureWindow(rule);
    this.#onChange = events.onChange?.bind(events);
    this.#onTrip = events.onTrip?.bind(events);
    this.#onClose = events.onClose?.bind(events);
    this.#circuit = new CircuitBreaker(async () => undefined, {
      name,
      timeout: false,
      resetTimeout: NEVER_MS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: neverRotating,
    } as CircuitBreaker.Options);
    this.#shared = share?.({
      tripped: (trip) => this.#trippedElsewhere(trip),
      closed: () => {
        if (!this.#circuit.closed && !this.#disposed) this.#close();
      },
      mayTry: (may) => {
        if (this.#disposed || this.#mayTry === may) return;
        this.#mayTry = may;
        this.#onChange?.();
      },
    });
  }

  get rule(): BreakerRule {
    return this.#rule;
  }

  get state(): BreakerState {
    if (this.#circuit.closed) return 'closed';
    return this.#waiting ? 'open' : 'half-open';
  }

  /** Whether a call may begin now: closed, or half-open with no trial under way. */
  get admits(): boolean {
    return this.#circuit.closed || (this.#mayTry && !(this.#waiting || this.#trialUnderWay));
  }

  get trips(): number {
    return this.#trips;
  }

  /** The status behind the current trip; `undefined` when closed or tripped without an answer. */
  get trippedBy(): number | undefined {
    if (this.#circuit.closed || typeof this.#lastFailure !== 'number') return undefined;
    return this.#lastFailure;
  }

  /** Milliseconds until a trial may go through; 0 when closed or half-open. */
  remainingMs(now: number): number {
    return this.#waiting ? Math.max(0, this.#openUntil - now) : 0;
  }

  /** Begins a call. Ask {@link admits} in the same synchronous step. */
  begin(): Pass {
    if (this.#circuit.closed) return this.#epoch * 2;
    this.#trialUnderWay = true;
    this.#shared?.trial(true);
    this.#onChange?.();
    return this.#epoch * 2 + 1;
  }

  /** Whether this call is the trial that decides. */
  isTrial(pass: Pass): boolean {
    return !this.#disposed && this.#trialUnderWay && pass === this.#epoch * 2 + 1;
  }

  /** The head of an answer came that the rule does not call a failure. It closes a half-open breaker. */
  proved(pass: Pass): void {
    if (!this.isTrial(pass)) return;
    this.#shared?.closed();
    this.#close();
  }

  /** The call ended well. Give it after {@link proved}, once. */
  succeeded(pass: Pass, now: number): void {
    if (this.#countsNow(pass) && this.#window.record(false, now)) {
      this.#trip(now, this.#rule.tripDurationMs, this.#lastFailure);
    }
  }

  /**
   * The call failed: a status that the rule names, or no answer.
   * @param cause that status, or why there was no answer
   * @param waitMs how long the answer asked to wait, when it did
   */
  failed(pass: Pass, now: number, cause?: FailureCause, waitMs?: number): void {
    const asked = this.#rule.acceptRetryAfter ? waitMs : undefined;
    const durationMs =
      asked === undefined
        ? this.#rule.tripDurationMs
        : Math.min(asked, this.#rule.maxTripDurationMs);
    if (this.isTrial(pass)) {
      this.#trip(now, durationMs, cause);
    } else if (this.#countsNow(pass)) {
      this.#lastFailure = cause;
      if (this.#window.record(true, now)) this.#trip(now, durationMs, cause);
    } else if (!this.#circuit.closed && asked !== undefined && !this.#disposed) {
      this.#extend(now, durationMs);
    }
  }

  /** The call ended and proved nothing. A trial leaves room for another. */
  abandon(pass: Pass): void {
    if (!this.isTrial(pass)) return;
    this.#trialUnderWay = false;
    this.#shared?.trial(false);
    this.#onChange?.();
  }

  trip(options: TripOptions): void {
    const { durationMs } = readTripOptions(options, `breaker(${this.#name}).trip`);
    if (this.#disposed) return;
    const now = this.#clock.now();
    if (this.#waiting) this.#extend(now, durationMs);
    else this.#trip(now, durationMs, undefined);
  }

  close(): void {
    if (this.#disposed || this.#circuit.closed) return;
    this.#shared?.closed();
    this.#close();
  }

  /**
   * Puts another rule in the place of this one. A trip lasts as long as it would have; failures are
   * counted anew, of calls that begin from now on. A trial that is under way is judged by the new rule.
   */
  reconfigure(rule: BreakerRule): void {
    this.#rule = rule;
    this.#window = failureWindow(rule);
    if (this.#circuit.closed) this.#epoch++;
  }

  /** Forgets what has been learnt, a trip too: from now on it is of another destination. */
  reset(): void {
    this.#epoch++;
    this.#trialUnderWay = false;
    this.#waiting = false;
    this.#lastFailure = undefined;
    this.#timer?.cancel();
    this.#window.clear();
    this.#circuit.close();
    this.#onChange?.();
  }

  /** Cancels the timer. Calls that end later change nothing any more. */
  dispose(): void {
    this.#disposed = true;
    this.#timer?.cancel();
    this.#circuit.shutdown();
    this.#shared?.close();
  }

  /** Calls begun before a trip say nothing of the time after it. */
  #countsNow(pass: Pass): boolean {
    return !this.#disposed && this.#circuit.closed && pass >> 1 === this.#epoch;
  }

  #trip(now: number, durationMs: number, cause: FailureCause): void {
    this.#trips++;
    this.#shared?.tripped(tripBy(cause, durationMs));
    this.#open(now, durationMs, cause);
  }

  /** Another instance has found out. It is counted there. */
  #trippedElsewhere({ statusCode, reason, durationMs }: Trip): void {
    if (this.#disposed) return;
    const now = this.#clock.now();
    if (this.#waiting) this.#waitLonger(now, durationMs);
    else this.#open(now, durationMs, statusCode ?? reason);
  }

  #open(now: number, durationMs: number, cause: FailureCause): void {
    this.#epoch++;
    this.#lastFailure = cause;
    this.#trialUnderWay = false;
    this.#window.clear();
    this.#wait(now + durationMs, durationMs);
    this.#circuit.open();
    // Listeners come last: one that throws must find everything done.
    this.#onChange?.();
    this.#onTrip?.(tripBy(cause, durationMs));
  }

  /** A later, longer wait extends a trip; a shorter one never shortens it. */
  #extend(now: number, durationMs: number): void {
    if (now + durationMs <= this.#openUntil) return;
    this.#shared?.tripped(tripBy(this.#lastFailure, durationMs));
    this.#waitLonger(now, durationMs);
  }

  #waitLonger(now: number, durationMs: number): void {
    if (now + durationMs <= this.#openUntil) return;
    this.#epoch++;
    this.#trialUnderWay = false;
    this.#wait(now + durationMs, durationMs);
    this.#onChange?.();
  }

  #wait(until: number, delayMs: number): void {
    this.#openUntil = until;
    this.#waiting = true;
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(() => this.#waitOver(), Math.max(1, Math.ceil(delayMs)));
    this.#timer.unref?.();
  }

  #waitOver(): void {
    const now = this.#clock.now();
    if (now < this.#openUntil) {
      this.#wait(this.#openUntil, this.#openUntil - now);
      return;
    }
    this.#timer = undefined;
    this.#waiting = false;
    if (this.#shared !== undefined) {
      this.#mayTry = false;
      this.#shared.awaitTrial();
    }
    this.#onChange?.();
  }

  #close(): void {
    this.#trialUnderWay = false;
    this.#waiting = false;
    this.#timer?.cancel();
    this.#window.clear();
    this.#circuit.close();
    this.#onChange?.();
    this.#onClose?.();
  }
}

function tripBy(cause: FailureCause, durationMs: number): Trip {
  if (typeof cause === 'string') return { statusCode: undefined, reason: cause, durationMs };
  return { statusCode: cause, durationMs };
}
