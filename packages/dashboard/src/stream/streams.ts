import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Timer } from '@spillway/core';
import type { History } from '../history/history.ts';
import { ApiError } from '../http/api-error.ts';
import type { EventLog } from '../log/event-log.ts';
import { Stream } from './stream.ts';

const SNAPSHOT_EVERY_MS = 1_000;
/** Who has not read for so long is gone. */
const MAX_STUCK_MS = 30_000;
/** When a browser asks again whose stream has ended. */
const RETRY = 'retry: 2000\n\n';

export interface StreamsHost {
  readonly clock: Clock;
  readonly maxStreams: number;
  readonly log: Pick<EventLog, 'latest' | 'since'>;
  readonly history: Pick<History, 'latest' | 'since'>;
  /** The state as it is now, as JSON. */
  snapshot(): string;
}

/**
 * All readers of server-sent events. What they are sent is written once for all of them, and only
 * while there are any: without a reader there is no timer either.
 */
export class Streams {
  readonly #host: StreamsHost;
  readonly #streams = new Set<Stream>();
  #timer: Timer | undefined;
  #closed = false;
  #latest: { readonly at: number; readonly frame: Buffer } | undefined;

  constructor(host: StreamsHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#streams.size;
  }

  /**
   * Begins a stream.
   * @param lastEntry the id of the log's entry that the reader has seen last, if any
   * @throws ApiError `too_many_streams`, `shutting_down`
   */
  open(request: IncomingMessage, response: ServerResponse, lastEntry: number | undefined): void {
    const { maxStreams, log, history } = this.#host;
    const headers = { 'retry-after': '5' };
    if (this.#closed) {
      throw new ApiError('shutting_down', 'streams have ended', { headers });
    }
    if (this.#streams.size >= maxStreams) {
      throw new ApiError('too_many_streams', `${maxStreams} are open`, { headers });
    }
    // The caller has left while it was found out who it is.
    if (response.destroyed) return;
    const stream = new Stream(request, response, {
      entry: lastEntry ?? log.latest,
      point: history.latest,
    });
    this.#streams.add(stream);
    stream.onClose(() => this.#closedByReader(stream));
    stream.onDrain(() => this.#catchUp(stream));
    stream.send(RETRY);
    stream.send(this.#status(SNAPSHOT_EVERY_MS));
    this.#catchUp(stream);
    if (this.#timer === undefined) this.#wait();
  }

  /** There is more in the log, or another point of the charts. */
  hasMore(event: 'log' | 'point', id: number, json: string): void {
    if (this.#streams.size === 0) return;
    const frame = Buffer.from(frameOf(event, json, event === 'log' ? id : undefined));
    for (const stream of this.#streams) {
      if (!stream.isReady) continue;
      stream.send(frame);
      if (event === 'log') stream.position.entry = id;
      else stream.position.point = id;
    }
  }

  /** Ends every stream, and takes no more. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    for (const stream of this.#streams) stream.end();
  }

  #closedByReader(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #wait(): void {
    this.#timer = this.#host.clock.setTimer(() => {
      this.#timer = undefined;
      this.#tick();
      if (!this.#closed && this.#streams.size > 0) this.#wait();
    }, SNAPSHOT_EVERY_MS);
    this.#timer.unref?.();
  }

  #tick(): void {
    const now = this.#host.clock.now();
    const frame = this.#status(0);
    for (const stream of this.#streams) {
      stream.checkReading(now, MAX_STUCK_MS);
      if (stream.isReady) stream.send(frame);
    }
  }

  /** The state, written anew unless it is younger than this: many pages may come at once. */
  #status(maxAgeMs: number): Buffer {
    const now = this.#host.clock.now();
    if (this.#latest === undefined || now - this.#latest.at >= maxAgeMs) {
      this.#latest = { at: now, frame: Buffer.from(frameOf('status', this.#host.snapshot())) };
    }
    return this.#latest.frame;
  }

  /** What came while it did not read. */
  #catchUp(stream: Stream): void {
    const { log, history } = this.#host;
    const { position } = stream;
    for (const { id, json } of log.since(position.entry)) {
      if (!stream.isReady) return;
      stream.send(frameOf('log', json, id));
      position.entry = id;
    }
    for (const { number, json } of history.since(position.point)) {
      if (!stream.isReady) return;
      stream.send(frameOf('point', json));
      position.point = number;
    }
  }
}

/** JSON has no line break. */
function frameOf(event: string, json: string, id?: number): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `event: ${event}\n${idLine}data: ${json}\n\n`;
}
