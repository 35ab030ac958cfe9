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

  /** @param maxBytes how much of it is kept for copies */
  constructor(request: IncomingMessage, maxBytes: number) {
    this.#request = request;
    this.#maxBytes = maxBytes;
  }

  open(): null {
    return null;
  }

  whole(callback: (bytes: Buffer | undefined) => void): void {
    const request = this.#request;
    const tell = () => {
      const kept = keptRawBody(request);
      const fits = kept !== undefined && !kept.decoded && kept.bytes.length <= this.#maxBytes;
      callback(fits ? kept.bytes : undefined);
    };
    if (request.readableDidRead) {
      tell();
    } else {
      tapRawBody(request);
      // It closes after its end, too.
      request.once('close', tell);
    }
  }

  discard(): void {}
}
