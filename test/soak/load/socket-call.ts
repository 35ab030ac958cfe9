import { WebSocket } from 'ws';
import type { Outcome } from '../kinds.ts';
import { bytesOf } from '../pattern.ts';
import { SERVED_BY } from '../wire.ts';
import { type Caller, type Ended, requestHeaders, requestPath } from './call.ts';
import type { Drawn } from './draw.ts';

/** A WebSocket on which one message is sent and one comes back, and which the caller then closes. */
export class SocketCall implements Caller {
  readonly startedAt = performance.now();
  readonly #drawn: Drawn;
  readonly #onEnd: (ended: Ended) => void;
  readonly #socket: WebSocket;
  #leaving: NodeJS.Timeout | undefined;
  #outcome: Outcome = 'no_answer';
  #status = 0;
  #servedBy = '';
  #detail = '';

  constructor(origin: string, drawn: Drawn, onEnd: (ended: Ended) => void) {
    const { id, bodyBytes, answerBytes, leavesAfterMs } = drawn;
    this.#drawn = drawn;
    this.#onEnd = onEnd;
    this.#socket = new WebSocket(origin.replace('http', 'ws') + requestPath(drawn), {
      headers: requestHeaders(drawn),
      perMessageDeflate: false,
    });
    this.#socket.once('upgrade', ({ headers }) => {
      this.#status = 101;
      this.#servedBy = String(headers[SERVED_BY] ?? '');
      this.#outcome = 'cut_off';
    });
    this.#socket.once('open', () => this.#socket.send(bytesOf(id, 'request', bodyBytes)));
    this.#socket.once('message', (data: Buffer) => {
      this.#outcome = data.equals(bytesOf(id, 'answer', answerBytes)) ? 'ok' : 'wrong_bytes';
      this.#socket.close();
    });
    this.#socket.once('unexpected-response', (_request, { statusCode = 0 }) => {
      this.#status = statusCode;
      this.#outcome = 'other';
      this.#socket.terminate();
    });
    this.#socket.on('error', (error) => {
      this.#detail = error.message;
    });
    this.#socket.once('close', () => this.#end());
    if (leavesAfterMs !== undefined) {
      this.#leaving = setTimeout(() => {
        this.#outcome = 'left';
        this.#socket.terminate();
      }, leavesAfterMs);
    }
  }

  giveUp(): void {
    this.#socket.terminate();
  }

  #end(): void {
    clearTimeout(this.#leaving);
    this.#onEnd({
      drawn: this.#drawn,
      outcome: this.#outcome,
      status: this.#status,
      servedBy: this.#servedBy,
      detail: this.#detail,
    });
  }
}
