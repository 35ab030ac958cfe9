import { startRawBackend } from '../support/raw-backend.ts';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** RFC 9112 §3 and §5, without anything that it has a recipient only tolerate. */
const HEAD = new RegExp(
  `^(${TOKEN}) (/[\\x21-\\x7e]*) HTTP/1\\.1\\r\\n((?:${TOKEN}: [\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n)+)\\r\\n`,
);
const CHUNK = /^([0-9a-f]+)\r\n/;

/** A request that can be read in one way only. */
export interface StrictRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case, in the order of their coming. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface StrictBackend {
  readonly url: string;
  /** Those that came, and a text of what was none. */
  readonly received: readonly (StrictRequest | string)[];
}

/** A backend that takes bytes as they come, and calls malformed what two servers might read differently. */
export async function startStrictBackend(): Promise<StrictBackend> {
  const received: (StrictRequest | string)[] = [];
  const { url } = await startRawBackend(async (connection) => {
    let read = 0;
    for (;;) {
      await connection.until(new RegExp(`^[^]{${read + 1}}`));
      if (connection.text().length === read) return;
      const parsed = parse(connection.text().slice(read));
      if (parsed === 'more') {
        const { length } = connection.text();
        await connection.until(new RegExp(`^[^]{${length + 1}}`));
        if (connection.text().length > length) continue;
        received.push(`broken off: ${connection.text().slice(read)}`);
        return;
      }
      received.push(typeof parsed === 'string' ? parsed : parsed.request);
      if (typeof parsed === 'string') {
        connection.socket.destroy();
        return;
      }
      read += parsed.length;
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }
  });
  return { url, received };
}

function parse(text: string): 'more' | string | { request: StrictRequest; length: number } {
  const match = HEAD.exec(text);
  if (match === null) return text.includes('\r\n\r\n') ? `malformed: ${text}` : 'more';
  const [head, method = '', path = '', lines = ''] = match;
  const headers = lines
    .split('\r\n')
    .slice(0, -1)
    .map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
    });
  const all = (name: string) =>
    headers.filter((each) => each[0] === name).map(([, value]) => value);
  const lengths = all('content-length');
  const codings = all('transfer-encoding');
  if (all('host').length !== 1 || lengths.length + codings.length > 1) return `ambiguous: ${text}`;
  if (codings.some((coding) => coding !== 'chunked')) return `of unknown coding: ${text}`;
  if (lengths.some((length) => !/^\d+$/.test(length))) return `of unknown length: ${text}`;
  const rest = text.slice(head.length);
  if (codings.length === 0) {
    const length = Number(lengths[0] ?? 0);
    if (rest.length < length) return 'more';
    const request = { method, path, headers, body: rest.slice(0, length) };
    return { request, length: head.length + length };
  }
  let body = '';
  for (let at = 0; ; ) {
    const chunk = CHUNK.exec(rest.slice(at));
    if (chunk === null) return rest.slice(at).includes('\r\n') ? `of bad chunks: ${text}` : 'more';
    const size = Number.parseInt(chunk[1] as string, 16);
    const from = at + chunk[0].length;
    at = from + size + 2;
    if (rest.length < at) return 'more';
    if (rest.slice(at - 2, at) !== '\r\n') return `of bad chunks: ${text}`;
    if (size === 0) return { request: { method, path, headers, body }, length: head.length + at };
    body += rest.slice(from, from + size);
  }
}
