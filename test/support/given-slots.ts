import type { Coordinator, SharedSlots, TrafficChange } from '@spillway/core';

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

/** A coordinator that is the test's: slots by the parts of their names, and the traffic of one pool. */
export function givenCoordinator() {
  const slots = new Map<string, GivenSlots>();
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
    join() {},
    close: async () => {},
  };
  const apply = (change: TrafficChange) => applying[0]?.(change);
  return { coordinator, slots, published, apply };
}
