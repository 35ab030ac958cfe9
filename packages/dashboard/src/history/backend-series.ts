import type { HttpBackend } from '@spillway/node-http';
import { Growth } from './counter.ts';

/** Intervals that make up the last minute, beside the one that is under way. */
const INTERVALS = 12;

export interface BackendInterval {
  readonly requests: number;
  readonly refused: number;
  /** By bucket of the engine's histogram. */
  readonly durations: Float64Array;
}

/** What came of one backend's attempts, interval by interval. */
export class BackendSeries {
  readonly #backend: HttpBackend;
  readonly #totals: Growth;
  readonly #durations: Growth;
  readonly #minute: number[] = [];
  #requests: number;

  /** @param isNew whether all that it has counted belongs to the interval that is under way */
  constructor(backend: HttpBackend, isNew: boolean) {
    const { requests, failures } = backend.totals;
    const { counts } = backend.durations;
    this.#backend = backend;
    this.#requests = isNew ? 0 : requests;
    this.#totals = new Growth(isNew ? [0, 0] : [requests, failures]);
    this.#durations = new Growth(isNew ? new Float64Array(counts.length) : counts);
  }

  /** Ends the interval that is under way, and begins the next. */
  next(): BackendInterval {
    const { requests, failures } = this.#backend.totals;
    const [grown = 0, refused = 0] = this.#totals.since([requests, failures]);
    this.#requests = requests;
    this.#minute.push(grown);
    if (this.#minute.length > INTERVALS) this.#minute.shift();
    const durations = this.#durations.since(this.#backend.durations.counts);
    return { requests: grown, refused, durations };
  }

  /** Attempts that have ended in the last minute or so. */
  get lastMinute(): number {
    let requests = this.#backend.totals.requests - this.#requests;
    for (const each of this.#minute) requests += each;
    return requests;
  }
}
