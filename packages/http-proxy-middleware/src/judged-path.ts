import type { IncomingMessage } from 'node:http';
import { targetPath } from '@spillway/node-http';
import type { Options } from 'http-proxy-middleware';

/** Filters read a path as a URL (WHATWG): what follows two slashes is a host, and `\\` is a slash. */
const READ_OTHERWISE = /^\/[/\\]|^[^?]*\\/;

/**
 * What the filter and the rewriting rules have seen is what a backend must get. A path that would
 * be resolved to another one (dots, however they are encoded, or a whole URL) is resolved here where
 * nobody has judged it, and refused where somebody has.
 *
 * @returns why it is refused
 */
export function judgePath(request: IncomingMessage, options: Options): string | undefined {
  const { url = '/' } = request;
  if (options.toProxy) return undefined;
  const given = url === '' || url.startsWith('?') ? `/${url}` : url;
  const path = targetPath('', given);
  if (path === given && (options.pathFilter === undefined || !READ_OTHERWISE.test(path))) {
    return undefined;
  }
  if (options.pathFilter !== undefined || options.pathRewrite !== undefined) {
    return 'its path would be resolved to another one than was judged';
  }
  request.url = path;
  return undefined;
}
