import { ConfigurationError } from '../errors.ts';
import { callable, nonEmptyString, object, optional, type Reader } from '../options.ts';
import type { RequestView } from '../request-view.ts';
import { type AffinityCookie, type CookieOptions, readAffinityCookie } from './affinity-cookie.ts';
import { hashOf } from './rendezvous.ts';

/** Where a request's key is found: requests with the same key go to the same backend. */
export interface AffinityOptions {
  /** The name of a request header. */
  readonly header?: string | undefined;
  /**
   * A cookie, by its name or with options. A proxy sets it (opaque, `HttpOnly`, `SameSite=Lax`) with
   * the answer of a backend to a request that came without, so that a browser stays where it was.
   */
  readonly cookie?: string | CookieOptions | undefined;
  /**
   * Gives the key; a request without one (`undefined` or `''`) is balanced like any other. Behind a
   * proxy it is given the framework's own request, from `pool.fetch` no more than a
   * {@link RequestView}.
   */
  key?(request: RequestView): string | undefined;
}

/** Which backend a request belongs to. */
export interface Affinity {
  /** The hash of a request's key; `undefined` when it has none. */
  keyHashOf(request: RequestView): number | undefined;
  /** Gives a browser without a key one; absent where keys come from elsewhere. */
  readonly cookie: AffinityCookie | undefined;
}

interface ReadAffinity {
  readonly header: string | undefined;
  readonly cookie: AffinityCookie | undefined;
  readonly key: ((request: RequestView) => string | undefined) | undefined;
}

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const headerName: Reader<string> = (value, path) => {
  if (FIELD_NAME.test(nonEmptyString(value, path))) return value as string;
  throw new ConfigurationError(path, 'must be a name that a header may have', value);
};

const readOptions = object<ReadAffinity>({
  header: optional(headerName),
  cookie: optional(readAffinityCookie),
  key: optional(callable<(request: RequestView) => string | undefined>()),
});

export const readAffinity: Reader<Affinity> = (value, path) => {
  const { header, cookie, key } = readOptions(value, path);
  const given = [header, cookie, key].filter((option) => option !== undefined);
  if (given.length !== 1) {
    throw new ConfigurationError(path, "must have exactly one of 'header', 'cookie' and 'key'");
  }
  if (key !== undefined) {
    return {
      keyHashOf(request) {
        const given: unknown = key(request);
        // All promises would be one key, and all requests one backend's.
        if (given instanceof Promise) {
          throw new ConfigurationError(`${path}.key`, 'must give the key itself, not a promise');
        }
        return hashUnlessEmpty(given as string | null | undefined);
      },
      cookie,
    };
  }
  const name = cookie === undefined ? (header as string).toLowerCase() : 'cookie';
  return {
    keyHashOf(request) {
      const sent = request.headers[name];
      const joined = Array.isArray(sent) ? sent.join(cookie === undefined ? ', ' : '; ') : sent;
      return hashUnlessEmpty(cookie === undefined ? joined : cookie.valueIn(joined));
    },
    cookie,
  };
};

/** `null` is what untyped code says for no key. */
function hashUnlessEmpty(key: string | null | undefined): number | undefined {
  return key === undefined || key === null || key === '' ? undefined : hashOf(String(key));
}
