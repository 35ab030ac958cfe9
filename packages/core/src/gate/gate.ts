import type { Clock } from '../clock.ts';
import { Deadlines, stopDeadline } from '../deadlines.ts';
import { CANNOT_CHANGE, type Obstacle } from '../planned-change.ts';
import type { RequestView } from '../request-view.ts';
import { CoordinatedSlots } from './coordinated-slots.ts';
import type { Lane } from './lane.ts';
import type { GateConfig } from './options.ts';
import type { ShareSlots } from './shared-slots.ts';
import { type Refusal, Slots, type SlotsContext, type Visitor } from './slots.ts';
import { sanePriority } from './waiting-line.ts';

/** Bottleneck is told of work that lasts longer than this: a job there costs more than most requests. */
const TOLD_AFTER_MS = 20;
/** How long a lane that Bottleneck knows of is kept for the next request. */
const LANE_KEPT_MS = 250;
/** How long a key that is worth it is remembered while nothing runs or waits there. */
const KEY_KEPT_MS = 1_000;

export type Entry = 'running' | 'waiting' | Refusal;

/** A gate's state, as the metrics have it. */
export interface GateStatus {
  readonly maxCount: number;
  readonly maxQueueLength: number;
  /** Requests that hold a slot, of all keys. */
  readonly running: number;
  /** Requests in the queue, of all keys. */
  readonly waiting: number;
  /** `waiting / maxCount`; with keys the highest of any of them. */
  readonly queueRatio: number;
  /** Absent without keys. Those that are remembered. */
  readonly keys?: number;
}

/**
 * A limit of requests at once, and the queue in front of it, for each key. Who is given a slot gives
 * it back once by {@link leave}; who waits may go away by {@link leaveLine}.
 */
export class Gate implements SlotsContext {
  readonly lasting: Deadlines<Lane>;
  readonly kept: Deadlines<Lane>;
  readonly #clock: Clock;
  #config: GateConfig;
  readonly #queueTimes: Deadlines<Visitor>;
  readonly #idleKeys: Deadlines<Slots>;
  readonly #keys = new Map<string, Slots>();
  /** Of a gate without keys. */
  readonly #only: Slots | undefined;
  readonly #share: ShareSlots | undefined;
  meanMs = -1;
  #running = 0;
  #inLine = 0;
  #undecided = 0;

  /** @param share absent of a gate whose limit is this process's own */
  constructor(config: GateConfig, clock: Clock, share?: ShareSlots) {
    this.#config = config;
    this.#clock = clock;
    this.#share = share;
    this.lasting = new Deadlines(TOLD_AFTER_MS, clock);
    this.kept = new Deadlines(LANE_KEPT_MS, clock);
    this.#queueTimes = new Deadlines(config.timeoutMs, clock);
    this.#idleKeys = new Deadlines(KEY_KEPT_MS, clock);
    this.#only = typeof config.key === 'function' ? undefined : this.#makeSlots(config.key ?? '');
  }

  get config(): GateConfig {
    return this.#config;
  }

  get maxCount(): number {
    return this.#config.maxCount;
  }

  get maxQueueLength(): number {
    return this.#config.maxQueueLength;
  }

  /** Requests that hold a slot. */
  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#inLine - this.#undecided;
  }

  /** Keys that are remembered. */
  get keys(): number {
    return this.#keys.size;
  }

  get queueRatio(): number {
    let longest = this.waiting;
    if (this.#only === undefined && longest > 0) {
      longest = 0;
      for (const { waiting } of this.#keys.values()) longest = Math.max(longest, waiting);
    }
    return longest / this.#config.maxCount;
  }

  /**
   * Gives the visitor a slot, or a place in the queue, or neither.
   * {@link Visitor.admitted} is called of those that had to wait.
   */
  enter(visitor: Visitor, request: RequestView, now: number): Entry {
    const { priority, maxQueueLength } = this.#config;
    // The application's functions, which may throw: before anything is counted.
    const key = this.#only === undefined ? this.#keyOf(request) : '';
    if (priority !== undefined) visitor.priority = sanePriority(priority(request));
    const slots = this.#only ?? this.#slotsOf(key);
    visitor.slots = slots;
    // Nobody overtakes the ones who wait already.
    if (slots.isFree && slots.inLine === 0) {
      this.#running++;
      slots.take(visitor, now);
      return 'running';
    }
    const refusal = slots.refusal(maxQueueLength);
    if (refusal !== undefined) {
      this.#forgetSoon(slots);
      return refusal;
    }
    this.#inLine++;
    slots.join(visitor);
    this.#queueTimes.start(visitor, now);
    return 'waiting';
  }

  /** The visitor no longer waits. */
  leaveLine(visitor: Visitor): void {
    const { slots } = visitor;
    stopDeadline(visitor);
    this.#inLine--;
    slots?.leaveLine(visitor);
    if (slots !== undefined) this.#forgetSoon(slots);
  }

  /**
   * Gives the visitor's slot back, once.
   * @param heldMs how long it was at work; `undefined` when it never ran
   */
  leave(visitor: Visitor, now: number, heldMs: number | undefined): void {
    const slots = visitor.slots as Slots;
    this.#running--;
    slots.giveBack(visitor, now, heldMs);
    this.#forgetSoon(slots, now);
  }

  /** How long a request that comes now might have to wait for a slot, in milliseconds. */
  estimateMs(visitor: Visitor): number {
    return (visitor.slots as Slots).estimateMs(this.#clock.now());
  }

  /**
   * Why these options cannot take the place of the present ones; `undefined` when they can.
   * @param config checked
   */
  obstacleTo(config: GateConfig): Obstacle | undefined {
    const { key, maxCount } = this.#config;
    const bothChoose = typeof key === 'function' && typeof config.key === 'function';
    if (key !== config.key && !bothChoose) return { option: 'key', rule: CANNOT_CHANGE };
    if (maxCount !== config.maxCount && this.#share !== undefined) {
      return { option: 'maxCount', rule: `${CANNOT_CHANGE}: instances share it` };
    }
    return undefined;
  }

  /**
   * Puts other options in the place of the present ones. Who runs goes on, be it more than `maxCount`;
   * who waits keeps its place, and its time unless the new one is shorter. {@link settle} comes next.
   * @param config one for which there is no {@link obstacleTo}
   */
  reconfigure(config: GateConfig): void {
    const resized = config.maxCount !== this.#config.maxCount;
    this.#config = config;
    this.#queueTimes.setDuration(config.timeoutMs);
    if (!resized) return;
    this.#only?.resized();
    for (const slots of this.#keys.values()) slots.resized();
  }

  /** Lets those run for whom there is room since {@link reconfigure}. */
  settle(): void {
    const now = this.#clock.now();
    this.#only?.serveWaiting(now);
    for (const slots of this.#keys.values()) slots.serveWaiting(now);
  }

  lineMoved(): void {
    this.#inLine--;
    this.#running++;
  }

  turnedAway(slots: Slots): void {
    this.#inLine--;
    this.#forgetSoon(slots);
  }

  undecidedChanged(difference: number): void {
    this.#undecided += difference;
  }

  forget(slots: Slots): void {
    // It may have been forgotten before it was found idle, and its key may be another's by now.
    if (this.#keys.get(slots.key) === slots) this.#keys.delete(slots.key);
    slots.dispose();
  }

  status(): GateStatus {
    const { maxCount, maxQueueLength } = this.#config;
    return {
      maxCount,
      maxQueueLength,
      running: this.#running,
      waiting: this.waiting,
      queueRatio: this.queueRatio,
      ...(this.#only === undefined && { keys: this.#keys.size }),
    };
  }

  /** Cancels the gate's timers. */
  dispose(): void {
    this.lasting.close();
    this.kept.close();
    this.#queueTimes.close();
    this.#idleKeys.close();
    this.#only?.dispose();
    for (const slots of this.#keys.values()) slots.dispose();
  }

  /** Of a key where nothing runs or waits any more. */
  #forgetSoon(slots: Slots, now?: number): void {
    if (slots === this.#only || slots.running > 0 || slots.inLine > 0) return;
    // To keep a key costs more than to make it anew: it has left the processor's caches when it goes.
    if (slots.isUnremarkable) this.forget(slots);
    else if (slots.deadlines === undefined) this.#idleKeys.start(slots, now);
  }

  #makeSlots(key: string): Slots {
    return this.#share === undefined
      ? new Slots(key, this)
      : new CoordinatedSlots(key, this, this.#share, this.#clock);
  }

  #keyOf(request: RequestView): string {
    const key = (this.#config.key as (request: RequestView) => unknown)(request);
    return key === undefined || key === null ? '' : String(key);
  }

  #slotsOf(key: string): Slots {
    const known = this.#keys.get(key);
    if (known !== undefined) {
      stopDeadline(known);
      return known;
    }
    this.#forgetIdle();
    const slots = this.#makeSlots(key);
    this.#keys.set(key, slots);
    return slots;
  }

  /** Makes room for another key, if there are any that can go. */
  #forgetIdle(): void {
    while (this.#keys.size >= this.#config.maxKeys) {
      const oldest = this.#idleKeys.first;
      if (oldest === undefined) return;
      stopDeadline(oldest);
      this.forget(oldest);
    }
  }
}
