import type { IncomingMessage } from 'node:http';
import type { RequestBody } from './body.ts';
import { keptRawBody } from './raw-body.ts';
import { tapRawBody } from './raw-body-tap.ts';

/** A body that is left for a handler to read. */
export class UnreadBody implements RequestBody {
  readonly resendable = true;
  readonly length = undefined;
  readonly #request: IncomingMessage;
  readonly #maxBytes: number;
  #onWhole: ((bytes: Buffer | null | undefined) => void) | undefined;

  /** @param maxBytes how much of it is kept for copies */
  constructor(request: IncomingMessage, maxBytes: number) {
    this.#request = request;
    this.#maxBytes = maxBytes;
  }

  open(): null {
    return null;
  }

  whole(callback: (bytes: Buffer | null | undefined) => void): void {
    if (Number(this.#request.headers['content-length'] ?? 0) > this.#maxBytes) {
      callback(undefined);
      return;
    }
    this.#onWhole = callback;
    if (this.#request.readableDidRead) {
      this.#tellWhole();
    } else {
      tapRawBody(this.#request);
      // It closes after its end, too.
      this.#request.once('close', () => this.#tellWhole());
    }
  }

  takeBack(): undefined {}

  /** It is not left to a handler after all: `body` reads it, and tells who waits for the whole. */
  becomes(body: RequestBody): void {
    const tell = this.#onWhole;
    this.#onWhole = undefined;
    if (tell !== undefined) body.whole(tell);
  }

  discard(): void {}

  #tellWhole(): void {
    const tell = this.#onWhole;
    if (tell === undefined) return;
    this.#onWhole = undefined;
    const kept = keptRawBody(this.#request);
    const fits = kept !== undefined && !kept.decoded && kept.bytes.length <= this.#maxBytes;
    tell(fits ? kept.bytes : undefined);
  }
}
