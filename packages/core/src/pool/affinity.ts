import { ConfigurationError } from '../errors.ts';
import { callable, nonEmptyString, object, optional, type Reader } from '../options.ts';
import type { RequestView } from '../request-view.ts';
import { hashOf } from './rendezvous.ts';

/** Where a request's key is found: requests with the same key go to the same backend. */
export interface AffinityOptions {
  /** The name of a request header. */
  readonly header?: string | undefined;
  /**
   * Gives the key; a request without one (`undefined` or `''`) is balanced like any other. Behind a
   * proxy it is given the framework's own request, from `pool.fetch` no more than a
   * {@link RequestView}.
   */
  key?(request: RequestView): string | undefined;
}

/** The hash of a request's key; `undefined` when it has none. */
export type KeyOf = (request: RequestView) => number | undefined;

interface ReadAffinity {
  readonly header: string | undefined;
  readonly key: ((request: RequestView) => string | undefined) | undefined;
}

const readOptions = object<ReadAffinity>({
  header: optional(nonEmptyString),
  key: optional(callable<(request: RequestView) => string | undefined>()),
});

export const readAffinity: Reader<KeyOf> = (value, path) => {
  const { header, key } = readOptions(value, path);
  if ((header === undefined) === (key === undefined)) {
    throw new ConfigurationError(path, "must have exactly one of 'header' and 'key'");
  }
  if (key !== undefined) return (request) => hashUnlessEmpty(key(request));
  const name = (header as string).toLowerCase();
  return (request) => {
    const sent = request.headers[name];
    return hashUnlessEmpty(Array.isArray(sent) ? sent.join(', ') : sent);
  };
};

/** `null` is what untyped code says for no key. */
function hashUnlessEmpty(key: string | null | undefined): number | undefined {
  return key === undefined || key === null || key === '' ? undefined : hashOf(String(key));
}
