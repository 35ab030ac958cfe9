import { Breaker, type BreakerEvents, type BreakerState } from '../breaker/breaker.ts';
import { followRule } from '../breaker/follow-rule.ts';
import type { BreakerRule } from '../breaker/rule.ts';
import type { ShareBreaker } from '../breaker/shared-breaker.ts';
import type { Trip } from '../breaker/trip.ts';
import type { Clock } from '../clock.ts';
import { Deadlines, type Expiring } from '../deadlines.ts';
import type { SharedSlots } from '../gate/shared-slots.ts';
import { DurationHistogram } from '../metrics/histogram.ts';
import { CANNOT_CHANGE, type Obstacle } from '../planned-change.ts';
import { type AttemptOutcome, isFailure, OUTCOMES } from './outcome.ts';
import { hashOf } from './rendezvous.ts';
import { shownUrl } from './shown-url.ts';
import type { AttemptTotals } from './totals.ts';

/**
 * A route of this very process as a backend: it answers the caller itself, on the caller's own
 * request and response. `next` is that of the proxy it stands behind. What the two are is for the
 * transport to say.
 */
export type BackendHandler = (
  // biome-ignore lint/suspicious/noExplicitAny: a framework's own types stand here
  request: any,
  // biome-ignore lint/suspicious/noExplicitAny: a framework's own types stand here
  response: any,
  next: (error?: unknown) => void,
) => unknown;

/** One destination, checked and with defaults filled in: it has a `url` or a `handler`. */
export interface BackendConfig {
  readonly id: string;
  readonly url: URL | undefined;
  readonly handler: BackendHandler | undefined;
  readonly priority: number;
  readonly weight: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly breaker: BreakerRule | undefined;
  /** Requests at once; infinite unless set. */
  readonly maxCount: number;
}

/** What a backend tells its pool. */
export interface BackendEvents {
  availabilityChanged(backend: Backend): void;
  tripped(backend: Backend, trip: Trip): void;
  recovered(backend: Backend): void;
  /** It takes no more requests, and the last one that it had has ended. */
  drained(backend: Backend): void;
}

/** A request that has chosen a backend, for which it is being asked whether a slot is free there. */
export interface Arriving<B extends Backend = Backend> extends Expiring {
  /** There is one. Takes a lease in the same synchronous step. */
  arrived(backend: B): void;
  /** There is none after all. */
  turnedAway(): void;
}

/** What of a backend all instances share. */
export interface BackendSharing {
  /** Absent of a backend without a `maxCount`. */
  readonly slots: ((changed: () => void) => SharedSlots) | undefined;
  readonly breaker: ShareBreaker;
}

/** To ask whether a slot is free takes milliseconds; nobody waits for it for longer than this. */
const ARRIVAL_MS = 1_000;

/** A backend's state as `status()` shows it; credentials never appear in it. */
export interface BackendStatus {
  readonly id: string;
  /** Origin and path; absent of a handler. */
  readonly url?: string;
  readonly priority: number;
  /** Share of its level's traffic, relative to the others' weights. */
  readonly weight: number;
  readonly available: boolean;
  /** It is being removed, and finishes what it has. */
  readonly draining: boolean;
  readonly running: number;
  /** Absent without a limit. */
  readonly maxCount?: number;
  /** Absent without a rule. */
  readonly breaker?: {
    readonly state: BreakerState;
    readonly trips: number;
    /** Until a trial may go through, in milliseconds; 0 unless open. */
    readonly remainingMs: number;
  };
  /** Ended attempts by outcome. */
  readonly attempts: Readonly<Record<AttemptOutcome, number>>;
}

/** A destination with its counters. Who picks it makes a {@link Lease} of it in the same synchronous step. */
export class Backend {
  readonly id: string;
  /** Hash of the id, the backend's part in rendezvous hashing. */
  readonly seed: number;
  readonly durations = new DurationHistogram();
  readonly #outcomes = new Map<AttemptOutcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  readonly #clock: Clock;
  readonly #events: BackendEvents;
  /** Called whenever an attempt has ended. One may listen: a rollout. */
  onAttemptEnded: (() => void) | undefined;
  readonly #share: ShareBreaker | undefined;
  #config: BackendConfig;
  #breaker: Breaker | undefined;
  #requests = 0;
  #failures = 0;
  #durationMs = 0;
  #weight: number;
  #running = 0;
  #available = true;
  #draining = false;
  #waitUntil = Number.NEGATIVE_INFINITY;

  readonly #slots: SharedSlots | undefined;
  readonly #arriving: Deadlines<Arriving<never>>;
  #copies = 0;
  #serving = false;

  /** @param sharing absent of a backend whose limit and breaker are this process's own */
  constructor(
    config: BackendConfig,
    clock: Clock,
    events: BackendEvents,
    sharing?: BackendSharing,
  ) {
    this.#config = config;
    this.#weight = config.weight;
    this.id = config.id;
    this.seed = hashOf(config.id);
    this.#clock = clock;
    this.#events = events;
    this.#share = sharing?.breaker;
    this.#breaker = this.#breakerFor(config.breaker);
    this.#arriving = new Deadlines(ARRIVAL_MS, clock);
    this.#slots = sharing?.slots?.(() => this.#slotsChanged());
  }

  get config(): BackendConfig {
    return this.#config;
  }

  get breaker(): Breaker | undefined {
    return this.#breaker;
  }

  /** Not tripped, below its `maxCount`, and not being removed. */
  get available(): boolean {
    return this.#available;
  }

  /**
   * Whether an attempt may begin at once. Otherwise a request that has chosen this backend has to
   * {@link arrive}.
   */
  get hasSlot(): boolean {
    const slots = this.#slots;
    return slots === undefined || (this.#arriving.length === 0 && this.#inUse < slots.capacity);
  }

  /** Whether as many are under way as may be, so that to wait makes sense. */
  get isFull(): boolean {
    const slots = this.#slots;
    if (slots === undefined) return this.#running >= this.#config.maxCount;
    return !slots.refuses && this.#inUse + this.#arriving.length >= slots.reachable;
  }

  /** Whether it may be given no requests because its coordinator cannot be reached. */
  get refuses(): boolean {
    return this.#slots?.refuses ?? false;
  }

  /** Attempts under way. */
  get running(): number {
    return this.#running;
  }

  /** The share of its level's traffic, relative to the others' weights. */
  get weight(): number {
    return this.#weight;
  }

  /** It is being removed, and finishes what it has. */
  get draining(): boolean {
    return this.#draining;
  }

  get priority(): number {
    return this.#config.priority;
  }

  get totals(): AttemptTotals {
    return { requests: this.#requests, failures: this.#failures, durationMs: this.#durationMs };
  }

  outcomes(): ReadonlyMap<AttemptOutcome, number> {
    return this.#outcomes;
  }

  /**
   * Milliseconds until this backend may take requests again, as far as is known: the rest of its
   * trip, or the rest of the wait that it asked for; `undefined` when it has said nothing.
   */
  recoveryMs(now: number): number | undefined {
    if (this.breaker !== undefined && this.breaker.state !== 'closed') {
      return this.breaker.remainingMs(now);
    }
    return this.#waitUntil > now ? this.#waitUntil - now : undefined;
  }

  /** Called by the pool alone, which gathers its levels anew. */
  setWeight(weight: number): void {
    this.#weight = weight;
  }

  /**
   * Why these options cannot take the place of the present ones; `undefined` when they can.
   * @param config checked, of the same id
   */
  obstacleTo(config: BackendConfig): Obstacle | undefined {
    const { handler, maxCount } = this.#config;
    if ((handler === undefined) !== (config.handler === undefined)) {
      return { option: 'handler', rule: `${CANNOT_CHANGE} from a URL to a handler, or back` };
    }
    if (handler !== config.handler) return { option: 'handler', rule: CANNOT_CHANGE };
    if (maxCount !== config.maxCount && this.#share !== undefined) {
      return { option: 'maxCount', rule: `${CANNOT_CHANGE}: instances share it` };
    }
    return undefined;
  }

  /**
   * Puts other options in the place of the present ones, for attempts that begin from now on. The
   * weight stays. What is known of another URL, a trip too, is forgotten.
   * @param config one for which there is no {@link obstacleTo}
   */
  reconfigure(config: BackendConfig): void {
    const before = this.#config;
    this.#config = config;
    if (before.url?.href !== config.url?.href) {
      this.#waitUntil = Number.NEGATIVE_INFINITY;
      this.#breaker?.reset();
    }
    this.#breaker = this.#breakerFor(config.breaker);
    this.#update();
  }

  /** Takes no more requests, until it is {@link reinstate | reinstated}. */
  drain(): void {
    this.#draining = true;
    this.#update();
    if (this.#running === 0) this.#events.drained(this);
  }

  /** Takes requests again, before the last that it had has ended. */
  reinstate(): void {
    this.#draining = false;
    this.#update();
  }

  /** A good answer came: what was asked for before is over. */
  recovered(): void {
    this.#waitUntil = Number.NEGATIVE_INFINITY;
  }

  /** Remembers the wait that an answer asked for, with or without a breaker. */
  askedToWait(now: number, waitMs: number): void {
    this.#waitUntil = now + waitMs;
  }

  /** Has a request wait until it is known whether a slot is free. {@link hasSlot} was false. */
  arrive(request: Arriving<never>): void {
    this.#arriving.start(request);
    this.#useSlots();
    this.#update();
  }

  /** A request that was {@link arrive | arriving} has left. */
  arrivalLeft(): void {
    this.#useSlots();
    this.#update();
  }

  /**
   * Takes a place for a copy of a request. A copy never waits: if a slot has to be asked for, a later
   * one may have it.
   * @param copies under way at this backend
   */
  takeForCopy(copies: number): boolean {
    const slots = this.#slots;
    if (slots === undefined) return this.#running + copies < this.#config.maxCount;
    if (this.#inUse + this.#arriving.length < slots.capacity) {
      this.#copies++;
      this.#useSlots();
      return true;
    }
    slots.use(this.#inUse, this.#arriving.length + 1);
    return false;
  }

  /** A copy has ended, for which {@link takeForCopy} was true. */
  copyEnded(): void {
    if (this.#slots === undefined) return;
    this.#copies--;
    this.#slotsChanged();
  }

  /** Called by the lease alone. */
  attemptBegan(): void {
    this.#running++;
    if (this.#slots !== undefined) {
      this.#useSlots();
      this.#update();
    } else if (this.#running === this.#config.maxCount) {
      this.#update();
    }
  }

  /** Called by the lease alone. */
  attemptEnded(outcome: AttemptOutcome, durationMs: number): void {
    this.#running--;
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    this.durations.observe(durationMs);
    if (outcome !== 'cancelled') {
      this.#requests++;
      this.#durationMs += durationMs;
      if (isFailure(outcome)) this.#failures++;
    }
    if (this.#slots !== undefined) this.#slotsChanged();
    else if (this.#running === this.#config.maxCount - 1) this.#update();
    if (this.#draining && this.#running === 0) this.#events.drained(this);
    this.onAttemptEnded?.();
  }

  status(): BackendStatus {
    const { config, breaker } = this;
    return {
      id: this.id,
      ...(config.url && { url: shownUrl(config.url) }),
      priority: config.priority,
      weight: this.#weight,
      available: this.#available,
      draining: this.#draining,
      running: this.#running,
      ...(config.maxCount === Number.POSITIVE_INFINITY ? {} : { maxCount: config.maxCount }),
      ...(breaker && {
        breaker: {
          state: breaker.state,
          trips: breaker.trips,
          remainingMs: Math.ceil(breaker.remainingMs(this.#clock.now())),
        },
      }),
      attempts: Object.fromEntries(this.#outcomes) as Record<AttemptOutcome, number>,
    };
  }

  dispose(): void {
    this.breaker?.dispose();
    this.#arriving.close();
    this.#slots?.close();
  }

  #breakerFor(rule: BreakerRule | undefined): Breaker | undefined {
    const events: BreakerEvents = {
      onTrip: (trip) => this.#events.tripped(this, trip),
      onClose: () => this.#events.recovered(this),
      onChange: () => this.#update(),
    };
    const make = (made: BreakerRule) =>
      new Breaker(this.id, made, this.#clock, events, this.#share);
    return followRule(this.#breaker, rule, make);
  }

  /** Attempts and copies that hold a slot. */
  get #inUse(): number {
    return this.#running + this.#copies;
  }

  get #admits(): boolean {
    return !this.#draining && (this.breaker === undefined || this.breaker.admits);
  }

  #update(): void {
    const available =
      this.#admits &&
      (this.#slots === undefined
        ? this.#running < this.#config.maxCount
        : this.#inUse + this.#arriving.length < this.#slots.reachable);
    if (available !== this.#available) {
      this.#available = available;
      this.#events.availabilityChanged(this);
    }
    if (this.#arriving.length > 0 && !this.#admits) this.#turnAway();
  }

  #useSlots(): void {
    this.#slots?.use(this.#inUse, this.#arriving.length);
  }

  /** A loop, and not each from within the one before: an attempt may end at once. */
  #slotsChanged(): void {
    const slots = this.#slots as SharedSlots;
    if (this.#serving) return;
    this.#serving = true;
    try {
      while (this.#arriving.first !== undefined && this.#admits && this.#inUse < slots.capacity) {
        const { first } = this.#arriving;
        this.#arriving.remove(first);
        (first as Arriving).arrived(this);
      }
    } finally {
      this.#serving = false;
    }
    this.#useSlots();
    this.#update();
    this.#turnAway();
    if (slots.refuses) this.#events.availabilityChanged(this);
  }

  /** Those for whom there will be no slot. They find {@link available} as it is by now. */
  #turnAway(): void {
    const slots = this.#slots as SharedSlots;
    while (this.#arriving.first !== undefined) {
      if (this.#admits && this.#inUse + this.#arriving.length <= slots.reachable) return;
      const { first } = this.#arriving;
      this.#arriving.remove(first);
      this.#useSlots();
      (first as Arriving).turnedAway();
    }
  }
}
