import type { RawConnection, Script } from '../support/raw-backend.ts';

/** What the caller gets: the status, or that the answer was cut off after its head. */
export type Outcome = number | 'cut off';

export interface Fault {
  /** What the backend does. */
  readonly name: string;
  readonly script: Script;
  /** With nothing else to try. */
  readonly alone: { readonly GET: Outcome; readonly POST: Outcome };
  /** With another backend that answers 200. */
  readonly spare: { readonly GET: Outcome; readonly POST: Outcome };
  /** What the backend has to be given up for, as it will never come. */
  readonly lacks?: 'head' | 'body';
  /** The body that the caller must have got when its answer is whole. */
  readonly body?: string;
}

const head = (status: string, ...headers: string[]) =>
  `HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
const ok = `${head('200 OK', 'Content-Length: 5')}hello`;

/** Once the request is complete: a GET ends with its head, the POST of these tests with `BODY`. */
const asked = (connection: RawConnection) => connection.until(/^GET (?:.|\s)*\r\n\r\n|BODY/);

/** Answers the request with these bytes, then ends the connection. */
const says =
  (...parts: string[]): Script =>
  async (connection) => {
    await asked(connection);
    connection.write(parts.join(''));
    connection.socket.end();
  };

/** Answers with these bytes and keeps the connection. */
const keeps =
  (bytes: string): Script =>
  async (connection) => {
    await asked(connection);
    connection.write(bytes);
  };

/** Both as for a broken connection: repeated if that is safe, else told. */
const broken = { alone: { GET: 502, POST: 502 }, spare: { GET: 200, POST: 502 } } as const;
const cut = {
  alone: { GET: 'cut off', POST: 'cut off' },
  spare: { GET: 'cut off', POST: 'cut off' },
} as const;
const fine = { alone: { GET: 200, POST: 200 }, spare: { GET: 200, POST: 200 } } as const;
const late = {
  alone: { GET: 504, POST: 504 },
  spare: { GET: 200, POST: 504 },
  lacks: 'head',
} as const;

export const FAULTS: readonly Fault[] = [
  { name: 'closes as soon as it is connected to', script: (c) => void c.socket.end(), ...broken },
  {
    name: 'resets after the first byte of the request',
    script: (c) => void c.socket.once('data', () => c.socket.resetAndDestroy()),
    ...broken,
  },
  {
    name: 'resets when it has the request',
    script: async (c) => {
      await asked(c);
      c.socket.resetAndDestroy();
    },
    ...broken,
  },
  { name: 'closes when it has the request', script: says(), ...broken },
  { name: 'accepts and stays silent', script: () => {}, ...late },
  { name: 'stops in the status line', script: keeps('HTTP/1.1 20'), ...late },
  { name: 'stops in the headers', script: keeps('HTTP/1.1 200 OK\r\nContent-Le'), ...late },
  { name: 'closes in the status line', script: says('HTTP/1.1 20'), ...broken },
  { name: 'closes in the headers', script: says('HTTP/1.1 200 OK\r\nContent-Le'), ...broken },
  { name: 'is not HTTP', script: says('SSH-2.0-OpenSSH_9.6\r\n'), ...broken },
  { name: 'speaks TLS', script: says('\x15\x03\x01\x00\x02\x02\x28'), ...broken },
  { name: 'has no status', script: says('HTTP/1.1 OK\r\n\r\n'), ...broken },
  { name: 'has a status of four digits', script: says(head('2000 OK')), ...broken },
  { name: 'has a space in a header name', script: says(head('200 OK', 'a b: c')), ...broken },
  { name: 'has a header without a colon', script: says(head('200 OK', 'nonsense')), ...broken },
  { name: 'has a NUL in a header', script: says(head('200 OK', 'a: b\0c')), ...broken },
  {
    name: 'has a length that is no number',
    script: says(head('200 OK', 'Content-Length: five'), 'hello'),
    ...broken,
  },
  {
    name: 'has two lengths',
    script: says(head('200 OK', 'Content-Length: 5', 'Content-Length: 6'), 'hello'),
    ...broken,
  },
  {
    name: 'has a length and chunks',
    script: says(head('200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked'), '0\r\n\r\n'),
    ...broken,
  },
  {
    name: 'has headers of 20 KiB',
    script: says(head('200 OK', `x-large: ${'x'.repeat(20_480)}`, 'Content-Length: 0')),
    ...broken,
  },
  {
    name: 'has headers without end',
    script: async (c) => {
      await asked(c);
      c.write('HTTP/1.1 200 OK\r\n');
      for (let index = 0; index < 2_000 && !c.socket.destroyed; index++) {
        c.write(`x-${index}: ${'y'.repeat(50)}\r\n`);
      }
    },
    ...broken,
  },
  {
    name: 'switches protocols unasked',
    script: says(head('101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade')),
    ...broken,
  },
  {
    name: 'sends a thousand interim answers',
    script: says(head('103 Early Hints', 'link: </a>').repeat(1_000), ok),
    ...fine,
    body: 'hello',
  },
  {
    name: 'sends interim answers and no more',
    script: keeps(head('102 Processing').repeat(10)),
    ...late,
  },
  { name: 'sends 100 Continue unasked', script: says(head('100 Continue'), ok), ...broken },
  {
    name: 'sends too few bytes',
    script: says(head('200 OK', 'Content-Length: 9'), 'hell'),
    ...cut,
  },
  {
    name: 'sends too many bytes',
    script: says(ok, ' and more'),
    ...fine,
    body: 'hello',
  },
  {
    name: 'sends a second answer unasked',
    script: keeps(ok + ok),
    ...fine,
    body: 'hello',
  },
  {
    name: 'breaks off between chunks',
    script: says(head('200 OK', 'Transfer-Encoding: chunked'), '5\r\nhello\r\n'),
    ...cut,
  },
  {
    name: 'breaks off within a chunk',
    script: says(head('200 OK', 'Transfer-Encoding: chunked'), '5\r\nhel'),
    ...cut,
  },
  {
    name: 'stalls within the body',
    script: keeps(`${head('200 OK', 'Content-Length: 9')}hell`),
    lacks: 'body',
    ...cut,
  },
  {
    name: 'resets within the body',
    script: async (c) => {
      await asked(c);
      c.socket.write(`${head('200 OK', 'Content-Length: 9')}hell`, () => {
        setTimeout(() => c.socket.resetAndDestroy(), 20);
      });
    },
    ...cut,
  },
  {
    name: 'has no length and ends by closing',
    script: says(head('200 OK'), 'hello'),
    ...fine,
    body: 'hello',
  },
  {
    name: 'answers byte by byte',
    script: async (c) => {
      await asked(c);
      c.socket.setNoDelay(true);
      for (const byte of ok) {
        c.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    ...fine,
    body: 'hello',
  },
  {
    name: 'answers in HTTP/1.0',
    script: says('HTTP/1.0 200 OK\r\n\r\nhello'),
    ...fine,
    body: 'hello',
  },
  {
    name: 'refuses with 429 and closes',
    script: says(head('429 Too Many Requests', 'Content-Length: 2', 'Connection: close'), 'no'),
    alone: { GET: 429, POST: 429 },
    spare: { GET: 200, POST: 200 },
    body: 'no',
  },
  {
    name: 'refuses with 429 and breaks off',
    script: says(head('429 Too Many Requests', 'Content-Length: 9'), 'no'),
    alone: { GET: 'cut off', POST: 'cut off' },
    spare: { GET: 200, POST: 200 },
  },
];
