import type { IncomingMessage } from 'node:http';

/** What a tap keeps of one body at most: a route behind it may read an upload of any size. */
const MAX_KEPT_BYTES = 16_777_216;

const TAP = Symbol.for('spillway.rawBodyTap');

interface Tapped {
  [TAP]?: RawBodyTap;
}

/** Keeps the bytes of a request's body as they come in, and leaves the stream to whoever reads it. */
class RawBodyTap {
  readonly #request: IncomingMessage;
  readonly #pushBefore: IncomingMessage['push'];
  readonly #push: IncomingMessage['push'];
  #chunks: Buffer[] | undefined = [];
  #size = 0;

  constructor(request: IncomingMessage, buffered: readonly Buffer[]) {
    this.#request = request;
    for (const chunk of buffered) this.#keep(chunk);
    const pushBefore = request.push;
    this.#pushBefore = pushBefore;
    this.#push = (chunk, encoding) => {
      if (Buffer.isBuffer(chunk)) this.#keep(chunk);
      return pushBefore.call(request, chunk, encoding);
    };
    request.push = this.#push;
  }

  /** The body, if it is whole. */
  get bytes(): Buffer | undefined {
    const { complete, headers } = this.#request;
    const declared = headers['content-length'] ?? this.#size;
    if (this.#chunks === undefined || !complete || this.#size !== Number(declared))
      return undefined;
    return Buffer.concat(this.#chunks);
  }

  /** Keeps no more, and nothing of a body that is not whole. */
  stop(): void {
    if (this.#request.push === this.#push) this.#request.push = this.#pushBefore;
    if (!this.#request.complete) this.#chunks = undefined;
  }

  #keep(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_KEPT_BYTES) this.#chunks = undefined;
    else this.#chunks?.push(chunk);
  }
}

/**
 * Keeps the bytes of this request's body from here on, so that a pool can send them on after a
 * parser has read them. Does nothing where there is no body, or it is too late.
 */
export function tapRawBody(request: IncomingMessage): void {
  const { headers, readableDidRead, readableEncoding } = request;
  const length = headers['content-length'];
  const hasBody = headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0;
  if (!hasBody || readableDidRead || readableEncoding !== null) return;
  if ((request as Tapped)[TAP] !== undefined) return;
  const buffered = bufferedIn(request);
  if (buffered !== undefined) (request as Tapped)[TAP] = new RawBodyTap(request, buffered);
}

/** The bytes that a tap has kept, if they are the whole body. */
export function tappedBytes(request: IncomingMessage): Buffer | undefined {
  return (request as Tapped)[TAP]?.bytes;
}

/** Ends the tap on this request, if there is one: nobody will ask for what still comes. */
export function stopTap(request: IncomingMessage): void {
  (request as Tapped)[TAP]?.stop();
}

/**
 * What came while earlier middleware took its time. Reading it and putting it back would make the
 * stream one that has been read; so it is looked at where it lies, and `undefined` when it is not
 * there as expected.
 */
function bufferedIn(request: IncomingMessage): Buffer[] | undefined {
  if (request.readableLength === 0) return [];
  const { readableBuffer } = request as { readonly readableBuffer?: Iterable<unknown> };
  const buffered = [...(readableBuffer ?? [])].filter((entry) => Buffer.isBuffer(entry));
  const size = buffered.reduce((sum, { length }) => sum + length, 0);
  return size === request.readableLength ? buffered : undefined;
}
