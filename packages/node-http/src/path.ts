/** The least that can need care: a dot, plain or encoded, at the start of a segment, or a backslash. */
const SUSPICIOUS = /[/\\](?:\.|%2e)|%(?:25)*(?:2f|5c)|%(?:25)+2e|\\|#/i;

/**
 * The path and query to ask a backend for: `target`, what is left of the request's URL, appended to
 * the path of the backend's own URL, which it never leaves, however its dots and slashes are encoded.
 *
 * @param base the path of the backend's URL without its trailing slash
 * @param target in any form of RFC 9112 §3.2; of an absolute one, scheme and authority are dropped
 */
export function targetPath(base: string, target: string): string {
  let path = target;
  if (path.charCodeAt(0) !== 0x2f /* / */) path = originForm(path);
  if (mayNeedCare(path) && SUSPICIOUS.test(path)) path = withoutDotSegments(path);
  return base === '' ? path : base + path;
}

/** Rules out nearly every path, at less than the price of a regular expression. */
function mayNeedCare(path: string): boolean {
  return path.includes('%') || path.includes('/.') || path.includes('\\') || path.includes('#');
}

function originForm(target: string): string {
  if (target === '' || target === '*') return '/';
  if (target.startsWith('?')) return `/${target}`;
  const url = URL.parse(target);
  return url === null ? `/${target}` : url.pathname + url.search;
}

/**
 * Resolves dot segments as RFC 3986 §5.2.4 does, but only when the path has some after decoding
 * every dot, slash and backslash that a backend might decode; other paths stay byte for byte.
 */
function withoutDotSegments(given: string): string {
  // A fragment is not part of a request; a backend that cuts it off would see another last segment.
  const path = given.replace(/#.*/s, '');
  const queryAt = path.indexOf('?');
  const pathname = queryAt === -1 ? path : path.slice(0, queryAt);
  const query = queryAt === -1 ? '' : path.slice(queryAt);
  const decoded = fullyDecoded(pathname);
  // Some servers (Tomcat, Jetty) drop a segment's parameters before they resolve its dots.
  const segments = decoded
    .split('/')
    .slice(1)
    .map((segment) => /^\.\.?(?=;)/.exec(segment)?.[0] ?? segment);
  if (!segments.some((segment) => segment === '.' || segment === '..')) return path;
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  if (last === '.' || last === '..') kept.push('');
  return `/${kept.join('/')}${query}`;
}

/** Decodes dots and slashes until none is left: `%252e` is a dot to a backend that decodes twice. */
function fullyDecoded(pathname: string): string {
  let decoded = pathname;
  for (;;) {
    const next = decoded
      .replace(/%25(?=(?:25)*(?:2e|2f|5c))/gi, '%')
      .replace(/%2e/gi, '.')
      .replace(/%2f|%5c|\\/gi, '/');
    if (next === decoded) return decoded;
    decoded = next;
  }
}
