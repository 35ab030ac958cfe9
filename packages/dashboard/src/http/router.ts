import { ApiError } from './api-error.ts';

/** What can be routed: a method, and a path with its parameters in braces. */
export interface Routed {
  readonly method: string;
  readonly path: string;
}

export interface Match<R> {
  readonly route: R;
  /** The path's parameters, decoded. */
  readonly named: Readonly<Record<string, string>>;
}

/** Finds what a request is for. */
export class Router<R extends Routed> {
  readonly #routes: readonly { readonly route: R; readonly parts: readonly string[] }[];

  constructor(routes: readonly R[]) {
    this.#routes = routes.map((route) => ({ route, parts: route.path.split('/') }));
  }

  /**
   * @param path without its query
   * @throws ApiError `not_found`, or `method_not_allowed` with `Allow`
   */
  match(method: string, path: string): Match<R> {
    const parts = partsOf(path);
    const found = this.#routes.flatMap(({ route, parts: wanted }) => {
      const named = parts && namedBy(wanted, parts);
      return named === undefined ? [] : [{ route, named }];
    });
    if (found.length === 0) throw new ApiError('not_found', 'there is nothing at this path');
    const asked = method === 'HEAD' ? 'GET' : method;
    const match = found.find(({ route }) => route.method === asked);
    if (match !== undefined) return match;
    const methods = found.flatMap((each) =>
      each.route.method === 'GET' ? ['GET', 'HEAD'] : [each.route.method],
    );
    const allow = methods.join(', ');
    throw new ApiError('method_not_allowed', `what can be done here is ${allow}`, {
      headers: { allow },
    });
  }
}

/** `undefined` of a path that cannot be decoded. */
function partsOf(path: string): readonly string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function namedBy(
  wanted: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  if (wanted.length !== parts.length) return undefined;
  const named: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const given = parts[index] as string;
    if (part.startsWith('{')) named[part.slice(1, -1)] = given;
    else if (part !== given) return undefined;
  }
  return named;
}
