import { Readable } from 'node:stream';
import type { BodyFlow, RequestBody } from './body.ts';

/**
 * A body that is sent on while it arrives, at the pace of the backend that reads it. The first
 * `maxKept` bytes are kept, so that as long as no more have come another attempt can begin anew.
 */
export class StreamedBody implements RequestBody {
  readonly length: number | undefined;
  readonly #source: Readable;
  readonly #maxKept: number;
  #kept: Buffer[] | undefined = [];
  #size = 0;
  #ended = false;
  #error: Error | undefined;
  #reader: BodyReader | undefined;
  /** Nobody is to begin before so many bytes are here. */
  #wanted: { readonly bytes: number; readonly ready: () => void } | undefined;
  #onWhole: ((bytes: Buffer | undefined) => void) | undefined;
  readonly #giveUp: (source: Readable) => void;

  /**
   * @param length of the whole, when the caller has said it
   * @param giveUp what to do with a source that nobody reads any more
   */
  constructor(
    source: Readable,
    length: number | undefined,
    maxKept: number,
    giveUp: (source: Readable) => void,
  ) {
    this.length = length;
    this.#source = source;
    this.#maxKept = maxKept;
    this.#giveUp = giveUp;
    source.pause();
    source.on('data', this.#receive);
    source.on('end', this.#end);
    source.on('error', this.#finish);
    source.on('close', this.#close);
  }

  get resendable(): boolean {
    return this.#kept !== undefined && this.#size <= this.#maxKept;
  }

  /**
   * Reads so many bytes, as many as are kept, or all, before anybody opens the body. Of one that is not
   * to be kept nothing is read.
   * @param ready called when that is done, now or later; never if the source breaks off before
   */
  gather(bytes: number, ready: () => void): void {
    if (this.#maxKept === 0) {
      ready();
      return;
    }
    this.#wanted = { bytes: Math.min(bytes, this.#maxKept), ready };
    this.#source.resume();
  }

  open(flow: BodyFlow): Readable {
    // The reader before, if it is still read at all, is of an attempt that was answered early: left
    // alone, so that the answer can be kept; undici closes its connection after it.
    this.#reader = new BodyReader(this.#kept ?? [], flow, () => this.#source.resume());
    if (this.#error !== undefined) this.#reader.destroy(this.#error);
    else if (this.#ended) this.#reader.finish();
    return this.#reader;
  }

  whole(callback: (bytes: Buffer | undefined) => void): void {
    this.#onWhole = callback;
    if (this.#ended || this.#kept === undefined) this.#tellWhole();
  }

  takeBack(): readonly Buffer[] | undefined {
    const source = this.#source;
    source.off('data', this.#receive);
    source.off('end', this.#end);
    source.off('error', this.#finish);
    source.off('close', this.#close);
    const kept = this.#kept;
    this.#kept = undefined;
    this.#reader = undefined;
    this.#tellWhole();
    return kept;
  }

  discard(): void {
    this.#kept = undefined;
    this.#wanted = undefined;
    this.#reader = undefined;
    this.#tellWhole();
    if (!this.#ended) this.#giveUp(this.#source);
  }

  #tellWhole(): void {
    const tell = this.#onWhole;
    this.#onWhole = undefined;
    const bytes = this.#error === undefined && this.#ended ? this.#kept : undefined;
    tell?.(bytes && Buffer.concat(bytes));
  }

  #gathered(ready: () => void): void {
    this.#wanted = undefined;
    this.#source.pause();
    ready();
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#size += chunk.length;
    if (this.#wanted !== undefined) {
      this.#kept?.push(chunk);
      if (this.#size >= this.#wanted.bytes) this.#gathered(this.#wanted.ready);
      return;
    }
    if (this.#kept !== undefined) {
      if (this.#size > this.#maxKept) {
        this.#kept = undefined;
        this.#tellWhole();
      } else {
        this.#kept.push(chunk);
      }
    }
    if (this.#reader === undefined) return;
    // It may have been told that this was too late, and discarded the body.
    if (!this.#reader.offer(chunk) && this.#reader !== undefined) this.#source.pause();
  };

  readonly #end = (): void => this.#finish(undefined);

  readonly #close = (): void => this.#finish(new Error('the caller ended its request early'));

  readonly #finish = (error: Error | undefined): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#tellWhole();
    if (error !== undefined) this.#reader?.destroy(error);
    else if (this.#wanted !== undefined) this.#gathered(this.#wanted.ready);
    else this.#reader?.finish();
  };
}

/** One attempt's view of the body: what was kept first, then each chunk as it comes. */
class BodyReader extends Readable {
  readonly #backlog: Buffer[];
  readonly #flow: BodyFlow;
  readonly #demand: () => void;
  #complete = false;

  constructor(kept: readonly Buffer[], flow: BodyFlow, demand: () => void) {
    super();
    this.#backlog = kept.slice();
    this.#flow = flow;
    this.#demand = demand;
    // Its request may be over when the source fails, and nobody else listens then.
    this.on('error', () => {});
  }

  /** False when the backend has enough for now. */
  offer(chunk: Buffer): boolean {
    if (this.destroyed) return true;
    this.#flow.bodyOffered(chunk.length);
    if (this.destroyed) return true;
    if (this.#backlog.length > 0) {
      this.#backlog.push(chunk);
      return false;
    }
    return this.push(chunk);
  }

  finish(): void {
    this.#complete = true;
    if (this.#backlog.length === 0) this.#end();
  }

  override _read(): void {
    for (let chunk = this.#backlog.shift(); chunk !== undefined; chunk = this.#backlog.shift()) {
      this.#flow.bodyOffered(chunk.length);
      if (!this.push(chunk)) return;
    }
    if (this.#complete) {
      this.#end();
    } else {
      this.#flow.bodyTaken();
      this.#demand();
    }
  }

  #end(): void {
    this.#flow.bodyEnded();
    this.push(null);
  }
}
