import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ProblemError } from '@spillway/core';
import { sendProblem } from '@spillway/node-http';
import type { ClientAttempt } from './client-attempt.ts';
import { ClientExchange } from './client-exchange.ts';
import type { Forwarding } from './forwarding.ts';
import type { AttemptOptions } from './proxy-server.ts';

const NOTHING = Buffer.alloc(0);

/** A request for a WebSocket, whose connection httpxy joins with that of the backend. */
export class SocketExchange extends ClientExchange {
  readonly #socket: Socket;
  /** What came behind the head of the request. */
  #first: Buffer;

  constructor(
    forwarding: Forwarding,
    request: IncomingMessage,
    response: ServerResponse,
    socket: Socket,
    first: Buffer,
    options: AttemptOptions,
  ) {
    super(forwarding, request, response, options);
    this.#socket = socket;
    this.#first = first;
  }

  override get upgrade(): string {
    return 'websocket';
  }

  override get limits(): ClientExchange['limits'] {
    return this.forwarding.upgradeLimits;
  }

  /** httpxy has written it. */
  override flushHead(): void {}

  override complete(attempt: ClientAttempt): void {
    super.complete(attempt);
    if (attempt.statusCode !== 101) return;
    this.finish();
    this.#socket.destroySoon();
  }

  protected override deliverHead(attempt: ClientAttempt): void {
    super.deliverHead(attempt);
    if (attempt.statusCode === 101) return;
    // What else the caller says is for nobody, but unread it would hide that the caller has left.
    const socket = this.#socket;
    socket.once('finish', () => socket.destroySoon()).resume();
  }

  protected override get subject(): Socket {
    return this.#socket;
  }

  protected override submit(_attempt: ClientAttempt): void {
    const { forwarding, request, options } = this;
    // httpxy puts it back into the socket, where the next attempt finds it.
    const first = this.#first;
    this.#first = NOTHING;
    forwarding.attempts.ws(request, this.#socket, options, first).catch(ignore);
  }

  protected override cutOff(): void {
    this.#socket.destroy();
  }

  protected override answerProblem(problem: ProblemError): void {
    sendProblem(this.response, problem);
  }
}

/** The socket has failed, and will close. */
function ignore(): void {}
