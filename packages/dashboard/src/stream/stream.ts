import type { IncomingMessage, ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from '../security/headers.ts';

/** Beside those that every answer has. */
export const EVENT_STREAM: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  // Neither compressed on the way, nor kept back: by middleware in front, or by nginx.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

/** How much of the log and of the charts a reader has been sent. */
export interface Position {
  entry: number;
  point: number;
}

/**
 * One reader of server-sent events. Nothing is kept back for it: while it does not take what it has
 * been sent it is sent nothing, and told what it has missed once it has.
 */
export class Stream {
  readonly position: Position;
  readonly #response: ServerResponse;
  /** When it was first seen not to read, by the clock of its hub. */
  #stuckSince: number | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, position: Position) {
    this.position = position;
    this.#response = response;
    response.statusCode = 200;
    for (const [name, value] of Object.entries({ ...SECURITY_HEADERS, ...EVENT_STREAM }))
      response.setHeader(name, value);
    if (request.httpVersionMajor === 1) {
      // The end of the connection is the end of the body: a frame is one write of bytes that all
      // readers share, where chunks would need a head and a tail around them for each.
      response.setHeader('connection', 'close');
      response.removeHeader('transfer-encoding');
    }
    response.flushHeaders();
  }

  get isReady(): boolean {
    return !this.#response.writableNeedDrain && !this.#response.destroyed;
  }

  send(frame: Buffer | string): void {
    this.#response.write(frame);
  }

  /** Ends the reader if it has not read anything for so long. */
  checkReading(now: number, maxStuckMs: number): void {
    if (!this.#response.writableNeedDrain) this.#stuckSince = undefined;
    else this.#stuckSince ??= now;
    if (now - (this.#stuckSince ?? now) >= maxStuckMs) this.#response.destroy();
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener);
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  end(): void {
    this.#response.end();
  }
}
