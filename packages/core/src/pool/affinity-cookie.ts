import { randomUUID } from 'node:crypto';
import { ConfigurationError } from '../errors.ts';
import { boolean, nonEmptyString, object, optional, positiveMs, type Reader } from '../options.ts';
import { hashOf } from './rendezvous.ts';

/** A cookie that keeps a browser at the backend where it was. */
export interface CookieOptions {
  readonly name: string;
  /**
   * How long the browser keeps it, in milliseconds.
   * @defaultValue until the browser ends its session
   */
  readonly maxAgeMs?: number | undefined;
  /** @defaultValue `'/'` */
  readonly path?: string | undefined;
  /** @defaultValue the host that the browser asked, without its subdomains */
  readonly domain?: string | undefined;
  /**
   * Whether the browser sends it by https alone.
   * @defaultValue whether the request came by https
   */
  readonly secure?: boolean | undefined;
}

/** A key for a request that came without one, and how its browser is told. */
export interface IssuedKey {
  readonly hash: number;
  /** The value of a `Set-Cookie` header. */
  setCookie(https: boolean): string;
}

/** RFC 6265 §4.1.1: a cookie's name is a token; path and domain are anything but `;` and controls. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]+$/;

const named =
  (rule: string, form: RegExp): Reader<string> =>
  (value, path) => {
    if (!form.test(nonEmptyString(value, path))) throw new ConfigurationError(path, rule, value);
    return value as string;
  };

const cookieName = named('must be a name that a cookie may have', NAME);
const attribute = named("must be free of ';' and of control characters", ATTRIBUTE);

const readOptions = object<CookieOptions>({
  name: cookieName,
  maxAgeMs: optional(positiveMs),
  path: optional(attribute, '/'),
  domain: optional(attribute),
  secure: optional(boolean),
});

/** A name alone will do. */
export const readAffinityCookie: Reader<AffinityCookie> = (value, path) => {
  const options = typeof value === 'string' ? { name: cookieName(value, path) } : value;
  return new AffinityCookie(readOptions(options, path));
};

/**
 * The value is opaque and drawn at random: it names nobody, and who changes it changes no more than
 * the backend that serves him.
 */
export class AffinityCookie {
  readonly #options: CookieOptions;
  readonly #attributes: string;

  constructor(options: CookieOptions) {
    const { path, domain, maxAgeMs } = options;
    this.#options = options;
    this.#attributes = [
      `; Path=${path}`,
      domain === undefined ? '' : `; Domain=${domain}`,
      maxAgeMs === undefined ? '' : `; Max-Age=${Math.ceil(maxAgeMs / 1_000)}`,
      '; HttpOnly; SameSite=Lax',
    ].join('');
  }

  /** The value in a `Cookie` header; `undefined` when it is not there. */
  valueIn(header: string | undefined): string | undefined {
    if (header === undefined) return undefined;
    const { name } = this.#options;
    for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + 1)) {
      const end = at + name.length;
      if (header[end] !== '=' || !startsPair(header, at)) continue;
      const semicolon = header.indexOf(';', end);
      const value = header.slice(end + 1, semicolon === -1 ? undefined : semicolon).trim();
      return value === '' ? undefined : value;
    }
    return undefined;
  }

  issue(): IssuedKey {
    const value = randomUUID();
    const { name, secure } = this.#options;
    return {
      hash: hashOf(value),
      setCookie: (https) =>
        `${name}=${value}${this.#attributes}${(secure ?? https) ? '; Secure' : ''}`,
    };
  }
}

/** Whether a cookie begins here: first, or behind a `;` and blanks. */
function startsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (header[before] === ' ' || header[before] === '\t') before--;
  return before < 0 || header[before] === ';';
}
