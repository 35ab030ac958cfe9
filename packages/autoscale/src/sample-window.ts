/**
 * The latest samples, and by how much they exceed a threshold on average. Sums are only ever added
 * to, once for each lap of the window and once for what is left of the lap before, so that nothing
 * drifts however long it runs; a sample costs O(1), amortised.
 */
export class SampleWindow {
  readonly length: number;
  readonly #threshold: number;
  /** Of this lap: by how much each sample exceeds the threshold; `NaN` where there is none. */
  readonly #excesses: Float64Array;
  /** Of the lap before: what its samples from an index on exceed the threshold by, together. */
  readonly #leftExcess: Float64Array;
  /** And how many of them are missing. Before the first lap all are. */
  readonly #leftMissing: Uint32Array;
  #coming: number;
  #next = 0;
  #excess = 0;
  #missing = 0;

  constructor(length: number, threshold: number) {
    this.length = length;
    this.#coming = length;
    this.#threshold = threshold;
    this.#excesses = new Float64Array(length);
    this.#leftExcess = new Float64Array(length + 1);
    this.#leftMissing = new Uint32Array(length + 1);
    this.#clear();
  }

  /** Whether it has been at work for its whole length, with samples or without. */
  get isCovered(): boolean {
    return this.#coming === 0;
  }

  /** Places of the window without a sample: there was none, or it has not come to them yet. */
  get missing(): number {
    return this.#missing + (this.#leftMissing[this.#next] as number);
  }

  /** By how much the samples exceed the threshold together; negative when they fall short of it. */
  get excess(): number {
    return this.#excess + (this.#leftExcess[this.#next] as number);
  }

  /** Of the samples that there are; `undefined` without any. */
  get average(): number | undefined {
    const samples = this.length - this.missing;
    return samples === 0 ? undefined : this.#threshold + this.excess / samples;
  }

  /** @param sample `undefined` where there is none */
  push(sample: number | undefined): void {
    const excess = sample === undefined ? Number.NaN : sample - this.#threshold;
    this.#excesses[this.#next] = excess;
    if (Number.isNaN(excess)) this.#missing++;
    else this.#excess += excess;
    this.#next++;
    if (this.#coming > 0) this.#coming--;
    if (this.#next === this.length) this.#beginLap();
  }

  /** So many samples in a row are missing. */
  skip(count: number): void {
    if (count >= this.length) {
      this.#coming = 0;
      this.#clear();
    } else for (let skipped = 0; skipped < count; skipped++) this.push(undefined);
  }

  #clear(): void {
    this.#excesses.fill(Number.NaN);
    this.#beginLap();
  }

  #beginLap(): void {
    let excess = 0;
    let missing = 0;
    for (let index = this.length - 1; index >= 0; index--) {
      const each = this.#excesses[index] as number;
      if (Number.isNaN(each)) missing++;
      else excess += each;
      this.#leftExcess[index] = excess;
      this.#leftMissing[index] = missing;
    }
    this.#next = 0;
    this.#excess = 0;
    this.#missing = 0;
  }
}
