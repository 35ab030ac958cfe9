import {
  createServer,
  IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import type { BackendHandler } from '@spillway/core';
import type { buildConnector } from 'undici';

/**
 * What a framework makes of requests and responses, learnt from the first that comes by. Handlers
 * expect it: Express's `res.json()`, for one.
 */
export class Likeness {
  #request: object | undefined;
  #response: object | undefined;

  learn(request: IncomingMessage, response: ServerResponse): void {
    if (this.#request !== undefined) return;
    const prototype = Object.getPrototypeOf(request) as object;
    if (prototype === IncomingMessage.prototype) return;
    this.#request = prototype;
    this.#response = Object.getPrototypeOf(response) as object;
  }

  dress(request: IncomingMessage, response: ServerResponse): void {
    if (this.#request === undefined || this.#response === undefined) return;
    Object.setPrototypeOf(request, this.#request);
    Object.setPrototypeOf(response, this.#response);
    Object.assign(request, { res: response });
    Object.assign(response, { req: request, locals: Object.create(null) });
  }
}

/**
 * A handler behind connections within the process: copies of requests, and `pool.fetch`, get a
 * request and a response of their own, which HTTP itself is spoken through.
 */
export class InProcessServer {
  readonly #server;

  constructor(handler: BackendHandler, likeness: Likeness) {
    const listener: RequestListener = (request, response) => {
      const next = endUnanswered(response);
      likeness.dress(request, response);
      try {
        const result = handler(request, response, next);
        if (result instanceof Promise) result.catch(next);
      } catch (error) {
        next(error);
      }
    };
    this.#server = createServer(listener);
  }

  readonly connect: buildConnector.connector = (_options, callback) => {
    const [ours, theirs] = duplexPair();
    // What handlers may ask of a socket, and has no meaning here.
    for (const name of ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref']) {
      Object.defineProperty(theirs, name, { value: () => theirs });
    }
    // Whoever ends a connection early is told by its request.
    ours.on('error', () => {});
    theirs.on('error', () => {});
    // One side that is destroyed does not end the other before Node 24.
    ours.once('close', () => theirs.destroy());
    theirs.once('close', () => ours.destroy());
    this.#server.emit('connection', theirs);
    // Later, as with any connection: undici does not expect it from within its call.
    queueMicrotask(() => callback(null, ours as Socket));
  };
}

/** What the end of a framework's own chain does. */
export function endUnanswered(response: ServerResponse): (error?: unknown) => void {
  return (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(error === undefined ? 404 : 500).end();
  };
}
