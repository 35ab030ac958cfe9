import { type Deadlines, type Expiring, stopDeadline } from '../deadlines.ts';
import { Lane, LaneBook, type LaneOwner } from './lane.ts';
import { type InLine, WaitingLine } from './waiting-line.ts';

/** A request at a gate: it waits in line, or one of the slots is its own. */
export interface Visitor extends Expiring, InLine {
  /** The gate's to write. */
  slots: Slots | undefined;
  /** The gate's to write. */
  lane: Lane | undefined;
  /** A slot has become free and is this request's own from now on. */
  admitted(): void;
  /** It stood in line, and no longer does: there is no place for it after all. */
  turnedAway(entry: Refusal): void;
}

/** Why a gate lets nobody in: its queue is full, or what other instances use cannot be known. */
export type Refusal = 'full' | 'unavailable';

/** What the slots of all keys of a gate share. */
export interface SlotsContext {
  readonly maxCount: number;
  readonly maxQueueLength: number;
  /** Lanes that Bottleneck has not been told of, until it is time to. */
  readonly lasting: Deadlines<Lane>;
  /** Lanes that are kept for the next request. */
  readonly kept: Deadlines<Lane>;
  /** Mean time that slots are held, of all keys, in milliseconds; below 0 until one was given back. */
  meanMs: number;
  /** One that waited has been given a slot. */
  lineMoved(): void;
  /** One that waited has been turned away. */
  turnedAway(slots: Slots): void;
  /** How many more stand in line without being counted as waiting. */
  undecidedChanged(difference: number): void;
  /** The key has been idle for long enough. */
  forget(slots: Slots): void;
}

/** How much the latest request says of how long the next will take. */
const SMOOTHING = 1 / 8;

/** The slots of one key, and the line in front of them. Small, for there may be one for each user. */
export class Slots implements LaneOwner, Expiring {
  readonly key: string;
  protected readonly context: SlotsContext;
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
    this.context = context;
  }

  /** Requests that stand in line. */
  get inLine(): number {
    return this.line === undefined ? 0 : this.line.length;
  }

  /** Requests for which no slot is free, as far as is known. */
  get waiting(): number {
    return this.inLine;
  }

  get isFree(): boolean {
    return this.running < this.context.maxCount;
  }

  /** Nobody has had to wait, and no work has lasted: nothing is lost when it is forgotten. */
  get isUnremarkable(): boolean {
    return this.line === undefined && this.#book === undefined;
  }

  /** Why a newcomer that finds no slot free may not wait; `undefined` when it may. */
  refusal(maxQueueLength: number): Refusal | undefined {
    return this.inLine < maxQueueLength ? undefined : 'full';
  }

  /** Stands the visitor in line. Ask {@link refusal} in the same synchronous step. */
  join(visitor: Visitor): void {
    this.line ??= new WaitingLine();
    this.line.join(visitor);
  }

  /** Takes out a visitor that stands in line. */
  leaveLine(visitor: Visitor): void {
    this.line?.leave(visitor);
  }

  /** Gives the visitor a slot. Ask {@link isFree} in the same synchronous step. */
  take(visitor: Visitor, now: number): void {
    this.running++;
    if (this.running === this.context.maxCount) this.#progressAt = now;
    visitor.lane = this.openLane(now);
  }

  protected openLane(now: number): Lane | undefined {
    let lane = this.#passedOn ?? this.#book?.reuse();
    if (lane === undefined) {
      lane = new Lane(this);
      this.context.lasting.start(lane, now);
    } else if (lane === this.#passedOn) {
      this.#passedOn = undefined;
    } else {
      stopDeadline(lane);
    }
    return lane;
  }

  /**
   * Takes the visitor's slot back and gives it to whoever is next.
   * @param heldMs how long it was held; `undefined` when nothing ran, so that nothing is learnt
   */
  giveBack(visitor: Visitor, now: number, heldMs: number | undefined): void {
    const { lane } = visitor;
    visitor.lane = undefined;
    this.running--;
    if (heldMs !== undefined) {
      this.#progressAt = now;
      this.#meanMs = smoothed(this.#meanMs, heldMs);
      this.context.meanMs = smoothed(this.context.meanMs, heldMs);
    }
    this.slotFreed(lane as Lane, now);
  }

  /** Gives the slot to whoever is next, or keeps its lane for a while. */
  protected slotFreed(lane: Lane, now: number): void {
    if (this.inLine === 0) {
      this.#rest(lane, now);
      return;
    }
    if (this.#passedOn === undefined) this.#passedOn = lane;
    else this.#rest(lane, now);
    this.serve(now);
  }

  /** How long a newcomer would have to wait for a slot, by the time that slots are held of late. */
  estimateMs(now: number): number {
    const meanMs = this.#meanMs < 0 ? this.context.meanMs : this.#meanMs;
    // Those that run have all run since then at least.
    const heldMs = Math.max(meanMs, now - this.#progressAt);
    return (heldMs * (this.inLine + 1)) / this.atOnce;
  }

  /** Requests that run at once when all slots are taken; at least 1. */
  protected get atOnce(): number {
    return this.context.maxCount;
  }

  /** The gate's `maxCount` is another one. Those who wait are served later: {@link serveWaiting}. */
  resized(): void {
    this.#book?.resize(this.context.maxCount);
  }

  /** There may be more slots than before. */
  serveWaiting(now: number): void {
    if (this.inLine > 0) this.serve(now);
  }

  /** Ends the timers and claims of a key that is idle for good. */
  dispose(): void {}

  // It stands in the list of idle keys.
  expire(): void {
    this.context.forget(this);
  }

  laneLasts(lane: Lane): void {
    this.#book ??= new LaneBook(this.context.maxCount);
    this.#book.open(lane);
  }

  laneRested(lane: Lane): void {
    this.#book?.close(lane);
  }

  /** A loop, and not each from within the one before: of 100 000 in line all may be refused. */
  protected serve(now: number): void {
    if (this.#serving) return;
    this.#serving = true;
    const line = this.line as WaitingLine<Visitor>;
    try {
      for (let next = line.first; next !== undefined && this.isFree; next = line.first) {
        line.leave(next);
        stopDeadline(next);
        this.take(next, now);
        this.context.lineMoved();
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
    this.context.kept.start(lane, now);
  }
}

function smoothed(mean: number, latest: number): number {
  return mean < 0 ? latest : mean + (latest - mean) * SMOOTHING;
}
