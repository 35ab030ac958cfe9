import type { IncomingHttpHeaders } from 'node:http';
import { Dispatcher, Dispatcher1Wrapper, getGlobalDispatcher } from 'undici';
import type { ConnectedPool } from '../connected-pool.ts';
import { DispatchExchange } from './dispatch-exchange.ts';

/** Stands for the pool in a URL that is given as a path alone. */
const ANY_ORIGIN = 'http://pool.spillway.invalid';

/**
 * Node's own `fetch`, with the pool as its dispatcher: `Request`, `Response`, `AbortSignal`,
 * decompression and redirects stay the platform's. A redirect that leads to another origin leaves
 * the pool, and carries none of its backends' credentials.
 */
export function createPoolFetch(pool: ConnectedPool): typeof globalThis.fetch {
  return async function spillwayFetch(input, init) {
    const request = typeof input === 'string' || input instanceof URL ? atPool(input) : input;
    const { origin } = new URL(request instanceof URL ? request : request.url);
    // Gives handlers one form, whichever undici the running Node has built in.
    const dispatcher = new Dispatcher1Wrapper(new PoolDispatcher(pool, origin));
    return globalThis.fetch(request, { ...init, dispatcher } as unknown as RequestInit);
  };
}

function atPool(input: string | URL): URL {
  return new URL(input, ANY_ORIGIN);
}

class PoolDispatcher extends Dispatcher {
  readonly #pool: ConnectedPool;
  readonly #origin: string;

  constructor(pool: ConnectedPool, origin: string) {
    super();
    this.#pool = pool;
    this.#origin = origin;
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    if (String(options.origin) !== this.#origin) {
      return getGlobalDispatcher().dispatch(options, handler);
    }
    const exchange = new DispatchExchange(this.#pool, options, headersOf(options.headers), handler);
    exchange.start();
    return true;
  }
}

type Headers = Dispatcher.DispatchOptions['headers'];

function headersOf(headers: Headers): IncomingHttpHeaders {
  const read: IncomingHttpHeaders = {};
  if (headers === undefined || headers === null) return read;
  const add = (name: string, value: string | string[] | number | undefined) => {
    read[name.toLowerCase()] = typeof value === 'number' ? String(value) : value;
  };
  if (Array.isArray(headers)) {
    for (let index = 0; index < headers.length; index += 2) {
      add(headers[index] as string, headers[index + 1]);
    }
  } else if (Symbol.iterator in headers) {
    for (const [name, value] of headers) add(name, value);
  } else {
    for (const [name, value] of Object.entries(headers)) add(name, value);
  }
  return read;
}
