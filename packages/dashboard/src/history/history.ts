import type { Point } from '../contract.ts';
import { INTERVAL_MS } from './sampler.ts';

/** A quarter of an hour. */
const MAX_POINTS = 180;

/** A point as it was written. */
export interface Kept {
  /** Rising, from 1. */
  readonly number: number;
  readonly json: string;
}

/** The points of the last 15 minutes, each written once. */
export class History {
  readonly #points: Kept[] = [];
  #latest = 0;

  /** The number of the latest point; 0 without. */
  get latest(): number {
    return this.#latest;
  }

  /** @returns the point as JSON */
  add(point: Point): string {
    const json = JSON.stringify(point);
    this.#points.push({ number: ++this.#latest, json });
    if (this.#points.length > MAX_POINTS) this.#points.shift();
    return json;
  }

  /** Those after the one of this number. */
  since(number: number): readonly Kept[] {
    return this.#points.filter((point) => point.number > number);
  }

  get json(): string {
    return `{"intervalMs":${INTERVAL_MS},"points":[${this.#points.map(({ json }) => json).join(',')}]}`;
  }
}
