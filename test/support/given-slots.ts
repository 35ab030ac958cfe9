import type {
  BreakerHooks,
  Coordinator,
  SharedBreaker,
  SharedSlots,
  TrafficChange,
  Trip,
} from '@spillway/core';

/** Slots whose owner the test is: nothing is granted unless it says so. */
export class GivenSlots implements SharedSlots {
  capacity = 0;
  reachable: number;
  refuses = false;
  running = 0;
  waiting = 0;
  closed = false;
  readonly #changed: () => void;

  constructor(maxCount: number, changed: () => void) {
    this.reachable = maxCount;
    this.#changed = changed;
  }

  use(running: number, waiting: number): void {
    this.running = running;
    this.waiting = waiting;
  }

  close(): void {
    this.closed = true;
  }

  grant(count: number): void {
    this.capacity += count;
    this.reachable = Math.max(this.reachable, this.capacity);
    this.#changed();
  }

  /** It turns out that no slot is free. */
  noneFree(): void {
    this.reachable = this.capacity;
    this.#changed();
  }

  refuse(): void {
    this.refuses = true;
    this.capacity = 0;
    this.reachable = 0;
    this.#changed();
  }
}

/** What a breaker tells of itself, and what the test tells it of others. */
export class GivenBreaker implements SharedBreaker {
  readonly hooks: BreakerHooks;
  readonly told: (string | Trip)[] = [];

  constructor(hooks: BreakerHooks) {
    this.hooks = hooks;
  }

  tripped(trip: Trip): void {
    this.told.push(trip);
  }

  closed(): void {
    this.told.push('closed');
  }

  awaitTrial(): void {
    this.told.push('awaits the trial');
  }

  trial(isUnderWay: boolean): void {
    this.told.push(isUnderWay ? 'tries' : 'has not tried');
  }

  close(): void {
    this.told.push('ended');
  }
}

/** A coordinator that is the test's: slots by the parts of their names, and the traffic of one pool. */
export function givenCoordinator() {
  const slots = new Map<string, GivenSlots>();
  const breakers = new Map<string, GivenBreaker>();
  const published: TrafficChange[] = [];
  const applying: ((change: TrafficChange) => void)[] = [];
  const coordinator: Coordinator = {
    slots: (name, maxCount, changed) => {
      const given = new GivenSlots(maxCount, changed);
      slots.set(name.join('/'), given);
      return given;
    },
    traffic: (_pool, _summary, apply) => {
      applying.push(apply);
      return { publish: (change) => published.push(change), close() {} };
    },
    breaker: (name, hooks) => {
      const breaker = new GivenBreaker(hooks);
      breakers.set(name.join('/'), breaker);
      return breaker;
    },
    join() {},
    close: async () => {},
  };
  const apply = (change: TrafficChange) => applying[0]?.(change);
  return { coordinator, slots, breakers, published, apply };
}
