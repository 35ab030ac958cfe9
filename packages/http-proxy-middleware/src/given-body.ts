import type { Readable, Stream } from 'node:stream';
import type { RequestBody } from '@spillway/node-http';

/** A body that the application gives in place of the request's own, by the option `buffer`. */
export class GivenBody implements RequestBody {
  readonly length = undefined;
  readonly #stream: Stream;
  #opened = false;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  get resendable(): boolean {
    return !this.#opened;
  }

  open(): Readable {
    this.#opened = true;
    return this.#stream as Readable;
  }

  whole(callback: (bytes: undefined) => void): void {
    callback(undefined);
  }

  takeBack(): undefined {}

  discard(): void {}
}
