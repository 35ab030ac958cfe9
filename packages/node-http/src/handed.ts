import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request that middleware of a framework hands to somebody who answers it by `node:http`. */
export interface Handed<R = unknown> {
  /** Its `url` is what follows the mount path. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Its URL as it came, mount path and all. */
  readonly originalUrl: string;
  /** The request as users of the framework know it. */
  readonly view: R;
  /** What a parser in front has made of the body; `undefined` where none has. */
  readonly body: unknown;
}

/** Answers a request by `node:http`. What it throws is an error of the application. */
export type NodeHandler<R = unknown> = (handed: Handed<R>) => Promise<void>;
