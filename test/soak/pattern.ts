import { seededRandom } from '../support/seeded-random.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const MAX_LENGTH = 1 << 20;
const OFFSETS = 1 << 20;
/** Odd, so that neighbouring ids get bytes that have nothing in common. */
const STEP = 516_433;

/** Letters and digits, so that the same text is the same bytes. */
const pattern = makePattern();

function makePattern(): Buffer {
  const random = seededRandom(1);
  const bytes = Buffer.allocUnsafe(OFFSETS + MAX_LENGTH);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = LETTERS.charCodeAt(Math.floor(random() * LETTERS.length));
  }
  return bytes;
}

/**
 * The bytes that go one way with the request of this id. Every process has the same, so that each
 * can tell what it is sent from what it should be sent.
 */
export function bytesOf(id: number, way: 'request' | 'answer', length: number): Buffer {
  if (length > MAX_LENGTH) throw new RangeError(`at most ${MAX_LENGTH} bytes, got ${length}`);
  const offset = ((id * 2 + (way === 'answer' ? 1 : 0)) * STEP) % OFFSETS;
  return pattern.subarray(offset, offset + length);
}

/** Compares what comes, chunk by chunk, with what should. */
export class Comparison {
  readonly #expected: Buffer;
  #at = 0;
  #differs = false;

  constructor(expected: Buffer) {
    this.#expected = expected;
  }

  add(chunk: Buffer): void {
    const end = this.#at + chunk.length;
    if (!chunk.equals(this.#expected.subarray(this.#at, end))) this.#differs = true;
    this.#at = end;
  }

  /** Whether all of it has come, and nothing else. */
  get matches(): boolean {
    return !this.#differs && this.#at === this.#expected.length;
  }
}
