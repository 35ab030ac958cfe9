import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Viewer } from '../options.ts';

/** Tokens that go with a name and a role: without the secret none can be made, or made another's. */
export class Tokens {
  readonly #secret: string | Buffer;

  constructor(secret: string | Buffer) {
    this.#secret = secret;
  }

  of({ name, role }: Viewer): string {
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([name, role]))
      .digest('base64url');
  }

  /** Takes as long for a wrong one as for the right one. */
  isOf(viewer: Viewer, given: unknown): boolean {
    if (typeof given !== 'string') return false;
    const expected = Buffer.from(this.of(viewer));
    const actual = Buffer.from(given);
    return actual.length === expected.length && timingSafeEqual(actual, expected);
  }
}
