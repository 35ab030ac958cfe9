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

/** What a framework makes of the requests and responses that it hands to handlers. */
interface Likeness {
  readonly request: object;
  readonly response: object;
}

/**
 * A handler behind connections within the process: copies of requests, and `pool.fetch`, get a
 * request and a response of their own, which HTTP itself is spoken through.
 */
export class InProcessServer {
  readonly #server;
  #likeness: Likeness | undefined;

  constructor(handler: BackendHandler) {
    const listener: RequestListener = (request, response) => {
      const next = endUnanswered(response);
      if (this.#likeness !== undefined) dress(request, response, this.#likeness);
      try {
        const result = handler(request, response, next);
        if (result instanceof Promise) result.catch(next);
      } catch (error) {
        next(error);
      }
    };
    this.#server = createServer(listener);
  }

  /** Handlers expect what their framework gives them: Express's `res.json()`, for one. */
  resemble(request: IncomingMessage, response: ServerResponse): void {
    if (this.#likeness !== undefined) return;
    const likeness = {
      request: Object.getPrototypeOf(request) as object,
      response: Object.getPrototypeOf(response) as object,
    };
    if (likeness.request !== IncomingMessage.prototype) this.#likeness = likeness;
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

function dress(request: IncomingMessage, response: ServerResponse, likeness: Likeness): void {
  Object.setPrototypeOf(request, likeness.request);
  Object.setPrototypeOf(response, likeness.response);
  Object.assign(request, { res: response });
  Object.assign(response, { req: request, locals: Object.create(null) });
}

/** What the end of a framework's own chain does. */
export function endUnanswered(response: ServerResponse): (error?: unknown) => void {
  return (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(error === undefined ? 404 : 500).end();
  };
}
