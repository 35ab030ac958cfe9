import { type Deadlines, type Expiring, stopDeadline } from '../deadlines.ts';
import { Lane, LaneBook, type LaneOwner } from './lane.ts';
import type { InLine, WaitingLine } from './waiting-line.ts';

/** A request at a gate: it waits in line, or one of the slots is its own. */
export interface Visitor extends Expiring, InLine {
  /** The gate's to write. */
  slots: Slots | undefined;
  /** The gate's to write. */
  lane: Lane | undefined;
  /** A slot has become free and is this request's own from now on. */
  admitted(): void;
}

/** What the slots of all keys of a gate share. */
export interface SlotsContext {
  readonly maxCount: number;
  /** Lanes that Bottleneck has not been told of, until it is time to. */
  readonly lasting: Deadlines<Lane>;
  /** Lanes that are kept for the next request. */
  readonly kept: Deadlines<Lane>;
  /** Mean time that slots are held, of all keys, in milliseconds; below 0 until one was given back. */
  meanMs: number;
  /** One that waited has been given a slot. */
  lineMoved(): void;
  /** The key has been idle for long enough. */
  forget(slots: Slots): void;
}

/** How much the latest request says of how long the next will take. */
const SMOOTHING = 1 / 8;

/** The slots of one key, and the line in front of them. Small, for there may be one for each user. */
export class Slots implements LaneOwner, Expiring {
  readonly key: string;
  readonly #context: SlotsContext;
  running = 0;
  line: WaitingLine<Visitor> | undefined;
  #book: LaneBook | undefined;
  /** The slot that has just become free, for whoever is next in line. */
  #passedOn: Lane | undefined;
  #serving = false;
  /** Mean time that a slot is held, in milliseconds; below 0 until one was given back. */
  #meanMs = -1;
  /** When a slot was last given back, or all of them were taken. */
  #progressAt = 0;

  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;

  constructor(key: string, context: SlotsContext) {
    this.key = key;
    this.#context = context;
  }

  get waiting(): number {
    return this.line === undefined ? 0 : this.line.length;
  }

  get isFree(): boolean {
    return this.running < this.#context.maxCount;
  }

  /** Nobody has had to wait, and no work has lasted: nothing is lost when it is forgotten. */
  get isUnremarkable(): boolean {
    return this.line === undefined && this.#book === undefined;
  }

  /** Gives the visitor a slot. Ask {@link isFree} in the same synchronous step. */
  take(visitor: Visitor, now: number): void {
    this.running++;
    if (this.running === this.#context.maxCount) this.#progressAt = now;
    let lane = this.#passedOn ?? this.#book?.reuse();
    if (lane === undefined) {
      lane = new Lane(this);
      this.#context.lasting.start(lane, now);
    } else if (lane === this.#passedOn) {
      this.#passedOn = undefined;
    } else {
      stopDeadline(lane);
    }
    visitor.lane = lane;
  }

  /**
   * Takes the visitor's slot back and gives it to whoever is next.
   * @param heldMs how long it was held; `undefined` when nothing ran, so that nothing is learnt
   */
  giveBack(visitor: Visitor, now: number, heldMs: number | undefined): void {
    const lane = visitor.lane as Lane;
    visitor.lane = undefined;
    this.running--;
    if (heldMs !== undefined) {
      this.#progressAt = now;
      this.#meanMs = smoothed(this.#meanMs, heldMs);
      this.#context.meanMs = smoothed(this.#context.meanMs, heldMs);
    }
    if (this.line === undefined || this.line.length === 0) {
      this.#rest(lane, now);
      return;
    }
    if (this.#passedOn === undefined) this.#passedOn = lane;
    else this.#rest(lane, now);
    this.#serve(now);
  }

  /** How long a newcomer would have to wait for a slot, by the time that slots are held of late. */
  estimateMs(now: number): number {
    const meanMs = this.#meanMs < 0 ? this.#context.meanMs : this.#meanMs;
    // Those that run have all run since then at least.
    const heldMs = Math.max(meanMs, now - this.#progressAt);
    return (heldMs * (this.waiting + 1)) / this.#context.maxCount;
  }

  // It stands in the list of idle keys.
  expire(): void {
    this.#context.forget(this);
  }

  laneLasts(lane: Lane): void {
    this.#book ??= new LaneBook(this.#context.maxCount);
    this.#book.open(lane);
  }

  laneRested(lane: Lane): void {
    this.#book?.close(lane);
  }

  /** A loop, and not each from within the one before: of 100 000 in line all may be refused. */
  #serve(now: number): void {
    if (this.#serving) return;
    this.#serving = true;
    const line = this.line as WaitingLine<Visitor>;
    try {
      for (let next = line.first; next !== undefined && this.isFree; next = line.first) {
        line.leave(next);
        stopDeadline(next);
        this.take(next, now);
        this.#context.lineMoved();
        next.admitted();
      }
    } finally {
      this.#serving = false;
      const unused = this.#passedOn;
      this.#passedOn = undefined;
      if (unused !== undefined) this.#rest(unused, now);
    }
  }

  #rest(lane: Lane, now: number): void {
    stopDeadline(lane);
    if (!lane.told || this.#book === undefined) return;
    this.#book.rest(lane);
    this.#context.kept.start(lane, now);
  }
}

function smoothed(mean: number, latest: number): number {
  return mean < 0 ? latest : mean + (latest - mean) * SMOOTHING;
}
