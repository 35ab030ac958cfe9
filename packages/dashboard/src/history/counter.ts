/** What a counter, or several in one array, have grown by since they were last looked at. */
export class Growth {
  #before: Float64Array;

  constructor(now: ArrayLike<number>) {
    this.#before = Float64Array.from(now);
  }

  since(now: ArrayLike<number>): Float64Array {
    const grown = Float64Array.from(now, (value, index) => value - (this.#before[index] ?? 0));
    this.#before = Float64Array.from(now);
    return grown;
  }
}
