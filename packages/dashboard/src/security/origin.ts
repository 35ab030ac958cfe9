import type { IncomingMessage } from 'node:http';
import { ApiError } from '../http/api-error.ts';

/**
 * Refuses what a page of another origin has a browser send. Browsers say themselves whether it is
 * another one (`Sec-Fetch-Site`), which no page can forge; of those that do not, the host in `Origin`
 * has to be the one that was asked. Who says neither is no browser that has a page's request.
 * @throws ApiError `wrong_origin`
 */
export function requireSameOrigin({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  const { origin, host } = headers;
  const isOurs = site === undefined && (origin === undefined || isOf(origin, host));
  if (!isOurs) throw new ApiError('wrong_origin', 'pages of other origins may not ask this');
}

/** An origin leaves its scheme's own port out, where a proxy may say it: both are read as URLs are. */
function isOf(origin: string, host: string | undefined): boolean {
  const url = URL.parse(origin);
  if (url === null || url.host === '' || host === undefined) return false;
  return URL.parse(`${url.protocol}//${host}`)?.host === url.host;
}
