import type { ComparedAnswer, Shadow, ShadowLease } from '@spillway/core';
import { Attempt, type AttemptOwner } from '../attempt.ts';
import { BufferedBody, emptyBody } from '../body/body.ts';
import type { ConnectedPool } from '../connected-pool.ts';
import type { FlatHeaders } from '../headers.ts';
import type { HttpBackend } from '../http-backend.ts';

/** How much of an answer is kept for comparison. */
const MAX_COMPARED_BYTES = 65_536;
/** How much of an answer is read at all: to read one that floods would delay callers. */
const MAX_READ_BYTES = MAX_COMPARED_BYTES;

/** The first bytes of an answer, and whether there were more. */
export class AnswerSample {
  #status = 0;
  #headers: ComparedAnswer['headers'] = {};
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  #seen = 0;

  head(status: number, headers: ComparedAnswer['headers']): void {
    this.#status = status;
    this.#headers = headers;
  }

  /** @returns how many bytes there were so far */
  add(chunk: Buffer): number {
    this.#seen += chunk.length;
    if (this.#kept < MAX_COMPARED_BYTES) {
      // Copied: the chunk is a window into a buffer that is used again.
      const part = Buffer.from(chunk.subarray(0, MAX_COMPARED_BYTES - this.#kept));
      this.#chunks.push(part);
      this.#kept += part.length;
    }
    return this.#seen;
  }

  /** A copy of its own for each who asks, and may write to it. */
  get answer(): ComparedAnswer {
    return {
      status: this.#status,
      headers: structuredClone(this.#headers),
      body: Buffer.concat(this.#chunks),
      truncated: this.#seen > this.#kept,
    };
  }
}

/** One copy of a request, sent to a shadow. Nobody waits for it, and nothing comes of its failures. */
export class ShadowCopy implements AttemptOwner {
  readonly pool: ConnectedPool;
  readonly #onAnswer: ((answer: ComparedAnswer) => void) | undefined;
  readonly #sample: AnswerSample | undefined;
  #attempt: Attempt | undefined;
  #seen = 0;

  /** @param onAnswer called with the whole answer; absent when nobody compares it */
  constructor(pool: ConnectedPool, onAnswer: ((answer: ComparedAnswer) => void) | undefined) {
    this.pool = pool;
    this.#onAnswer = onAnswer;
    this.#sample = onAnswer && new AnswerSample();
  }

  send(
    shadow: Shadow<HttpBackend>,
    lease: ShadowLease<HttpBackend>,
    path: string,
    method: string,
    headers: FlatHeaders,
    bytes: Buffer | null,
  ): void {
    const body = bytes === null ? emptyBody : new BufferedBody(bytes);
    this.#attempt = new Attempt(this, lease);
    this.#attempt.send(path, method, headers, body, shadow.backend.shadowConnections);
  }

  answered(attempt: Attempt): void {
    this.#sample?.head(attempt.statusCode, attempt.headers);
    attempt.deliver();
  }

  receive(attempt: Attempt, chunk: Buffer): boolean {
    this.#seen += chunk.length;
    this.#sample?.add(chunk);
    if (this.#seen > MAX_READ_BYTES) {
      attempt.cancel();
      this.#tell();
    }
    return true;
  }

  finish(): void {
    this.#tell();
  }

  flushHead(): void {}
  failed(): void {}
  stalled(): void {}
  heldFailed(): void {}
  unsendable(): void {}

  #tell(): void {
    if (this.#sample !== undefined) this.#onAnswer?.(this.#sample.answer);
  }
}
