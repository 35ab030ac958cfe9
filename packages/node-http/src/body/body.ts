import type { Readable } from 'node:stream';

/** A request's body, as the attempts of one exchange are given it. */
export interface RequestBody {
  /** Whether another attempt can be given the same bytes from the first one on. */
  readonly resendable: boolean;
  /** `undefined` when it is not known before the end. */
  readonly length: number | undefined;
  /** The body for one attempt; the attempt before gets no more. */
  open(flow: BodyFlow): Buffer | Readable | null;
  /**
   * Calls back with all bytes (`null`: there are none) once they are here, or with `undefined` when
   * they are not kept or will not come.
   */
  whole(callback: (bytes: Buffer | null | undefined) => void): void;
  /**
   * What has been read of the request so far, from its first byte on: from now on somebody else
   * reads it. `undefined` when nobody has read it, or it was not kept.
   */
  takeBack(): readonly Buffer[] | undefined;
  /** No attempt follows: what the caller still sends is read and thrown away. */
  discard(): void;
}

/** Who is told how a streamed body flows to its backend. */
export interface BodyFlow {
  /** A chunk of so many bytes is on its way: the backend has to take it. */
  bodyOffered(bytes: number): void;
  /** The backend has taken what there was: the caller has to send more. */
  bodyTaken(): void;
  /** The last chunk is on its way. */
  bodyEnded(): void;
}

export const emptyBody: RequestBody = {
  resendable: true,
  length: 0,
  open: () => null,
  whole: (callback) => callback(null),
  takeBack: () => undefined,
  discard() {},
};

/** A body that is here as a whole. */
export class BufferedBody implements RequestBody {
  readonly resendable = true;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  open(): Buffer {
    return this.#bytes;
  }

  whole(callback: (bytes: Buffer) => void): void {
    callback(this.#bytes);
  }

  takeBack(): readonly Buffer[] {
    return [this.#bytes];
  }

  discard(): void {}
}
