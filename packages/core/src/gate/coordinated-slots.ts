import type { Clock } from '../clock.ts';
import { stopDeadline } from '../deadlines.ts';
import type { Lane } from './lane.ts';
import type { SharedSlots, ShareSlots } from './shared-slots.ts';
import { type Refusal, Slots, type SlotsContext, type Visitor } from './slots.ts';

/**
 * The slots of one key that all instances share. A newcomer for which a slot is being asked for
 * stands in line, and counts as waiting only when it is known that none is free.
 */
export class CoordinatedSlots extends Slots {
  readonly #shared: SharedSlots;
  readonly #clock: Clock;
  /** Of those in line, those that do not count as waiting. */
  #undecided = 0;

  constructor(key: string, context: SlotsContext, share: ShareSlots, clock: Clock) {
    super(key, context);
    this.#clock = clock;
    this.#shared = share(key, () => this.#changed());
  }

  override get waiting(): number {
    return this.inLine - this.#undecided;
  }

  override get isFree(): boolean {
    return this.running < this.#shared.capacity;
  }

  override get isUnremarkable(): boolean {
    return false;
  }

  override refusal(maxQueueLength: number): Refusal | undefined {
    const shared = this.#shared;
    if (shared.refuses) return 'unavailable';
    shared.use(this.running, this.inLine + 1);
    if (this.inLine < maxQueueLength + this.#beingAsked) return undefined;
    this.#tell();
    return 'full';
  }

  override join(visitor: Visitor): void {
    super.join(visitor);
    this.#count();
  }

  override leaveLine(visitor: Visitor): void {
    super.leaveLine(visitor);
    this.#tell();
  }

  override dispose(): void {
    this.#shared.close();
  }

  protected override openLane(): undefined {
    this.#tell();
    return undefined;
  }

  protected override slotFreed(_lane: Lane, now: number): void {
    if (this.inLine > 0) this.serve(now);
    this.#tell();
  }

  protected override get atOnce(): number {
    return Math.max(1, this.#shared.capacity);
  }

  /** Slots more that may be had. */
  get #beingAsked(): number {
    return Math.max(0, this.#shared.reachable - Math.max(this.running, this.#shared.capacity));
  }

  #tell(): void {
    this.#shared.use(this.running, this.inLine);
    this.#count();
  }

  #changed(): void {
    if (this.inLine > 0) this.serve(this.#clock.now());
    if (this.#shared.refuses) this.#turnAway('unavailable', 0);
    else this.#turnAway('full', this.context.maxQueueLength + this.#beingAsked);
    this.#count();
  }

  /** Those who came last go first. */
  #turnAway(refusal: Refusal, length: number): void {
    while (this.inLine > length) {
      const last = this.line?.last;
      if (last === undefined) return;
      stopDeadline(last);
      this.leaveLine(last);
      this.context.turnedAway(this);
      last.turnedAway(refusal);
    }
  }

  #count(): void {
    const undecided = Math.min(this.inLine, this.#beingAsked);
    this.context.undecidedChanged(undecided - this.#undecided);
    this.#undecided = undecided;
  }
}
