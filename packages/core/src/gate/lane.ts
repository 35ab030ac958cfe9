import Bottleneck from 'bottleneck';
import type { Deadlines, Expiring } from '../deadlines.ts';

/** Who opened a lane. */
export interface LaneOwner {
  /** The lane has been busy for so long that Bottleneck is to be told of it. */
  laneLasts(lane: Lane): void;
  /** The lane was kept for the next request, and none came. */
  laneRested(lane: Lane): void;
}

/**
 * One slot at work, for as many requests in a row as there are. To Bottleneck it is one job: a job
 * for each request would cost 4.7 ms.
 */
export class Lane implements Expiring {
  readonly #owner: LaneOwner;
  busy = true;
  /** Bottleneck has a job for it. */
  told = false;
  /** Ends Bottleneck's job; set once that has begun. */
  endJob: (() => void) | undefined;

  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
  }

  expire(): void {
    if (this.busy) this.#owner.laneLasts(this);
    else this.#owner.laneRested(this);
  }
}

/**
 * The lanes of one key that Bottleneck knows of.
 *
 * Whether a slot is free is known without it, for nobody else asks this Bottleneck: it is told late,
 * of lanes that last, and so costs short work nothing. A lane that is given back counts there for
 * some milliseconds more; then the next job waits, and no request does.
 */
export class LaneBook {
  readonly #bottleneck: Bottleneck;
  readonly #resting: Lane[] = [];
  #told = 0;

  constructor(maxCount: number) {
    this.#bottleneck = new Bottleneck({ maxConcurrent: maxCount });
  }

  /** Bottleneck lets so many jobs run from now on. */
  resize(maxCount: number): void {
    this.#bottleneck.updateSettings({ maxConcurrent: maxCount });
  }

  /** Lanes that have a job. */
  get told(): number {
    return this.#told;
  }

  open(lane: Lane): void {
    lane.told = true;
    this.#told++;
    const job = this.#bottleneck.schedule(async () => {
      if (!lane.told) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      lane.endJob = resolve;
      await promise;
    });
    // It fails only when Bottleneck itself does, and the slots are counted without it.
    job.catch(() => {});
  }

  /** Keeps the lane, its job running, for {@link reuse}. */
  rest(lane: Lane): void {
    lane.busy = false;
    this.#resting.push(lane);
  }

  reuse(): Lane | undefined {
    let lane = this.#resting.pop();
    while (lane !== undefined && !lane.told) lane = this.#resting.pop();
    if (lane !== undefined) lane.busy = true;
    return lane;
  }

  close(lane: Lane): void {
    lane.told = false;
    this.#told--;
    lane.endJob?.();
    if (this.#told === 0) this.#resting.length = 0;
  }
}
