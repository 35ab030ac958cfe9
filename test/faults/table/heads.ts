import { seededRandom } from '../../support/seeded-random.ts';
import { turns } from '../../support/until.ts';
import { broken, fine, late, type Script, type Section } from '../fault.ts';
import { asked, CHUNKED, endless, head, keeps, ok, only, PLAIN, says } from '../scripts.ts';

/** A script for every byte at which the head of an answer may end early. */
function atAnyByte(make: (begun: string) => Script): Record<string, Script> {
  const scripts: Record<string, Script> = {};
  for (const whole of [PLAIN.head, CHUNKED.head]) {
    for (let bytes = 1; bytes < whole.length; bytes++) {
      const begun = whole.slice(0, bytes);
      scripts[JSON.stringify(begun)] ??= make(begun);
    }
  }
  return scripts;
}

/** So many of the scripts, drawn by a fixed seed. */
function someOf(scripts: Record<string, Script>, count: number): Record<string, Script> {
  const random = seededRandom(count);
  const entries = Object.entries(scripts);
  const drawn = Array.from({ length: count }, () => Math.floor(random() * entries.length));
  return Object.fromEntries(drawn.map((at) => entries[at] as [string, Script]));
}

const resetsWith =
  (begun: string): Script =>
  async (connection) => {
    await asked(connection);
    connection.socket.write(begun, () => connection.socket.resetAndDestroy());
  };

const unusable =
  'What cannot be read as HTTP is no answer, and its connection is not used again (RFC 9112 §2.2, §4, §5).';

export const HEADS: Section = {
  title: 'The head of its answer',
  faults: [
    {
      name: 'accepts the request and stays silent',
      scripts: only(keeps('')),
      lacks: 'head',
      ...late,
      why: 'After `timeouts.headersMs`; it may still act on the request.',
    },
    {
      name: 'stops at any byte of the head',
      scripts: someOf(atAnyByte(keeps), 12),
      lacks: 'head',
      ...late,
      why: 'The same.',
    },
    {
      name: 'closes at any byte of the head',
      scripts: atAnyByte((begun) => says(begun)),
      ...broken,
      why: 'There is no answer before its head is whole, and nothing of it has gone to the caller.',
    },
    {
      name: 'resets at any byte of the head',
      scripts: atAnyByte(resetsWith),
      ...broken,
      why: 'The same.',
    },
    {
      name: 'is not HTTP: SSH, TLS, HTTP/2',
      scripts: {
        SSH: says('SSH-2.0-OpenSSH_9.6\r\n'),
        TLS: says('\x15\x03\x01\x00\x02\x02\x28'),
        'HTTP/2': says(
          '\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff',
        ),
      },
      ...broken,
      why: unusable,
    },
    {
      name: 'has no status, or one of two or four digits',
      scripts: {
        none: says('HTTP/1.1 OK\r\n\r\n'),
        two: says(head('20 OK')),
        four: says(head('2000 OK')),
      },
      ...broken,
      why: unusable,
    },
    {
      name: 'has a header with a space in its name, without a colon, with a NUL or a bare CR',
      scripts: {
        space: says(head('200 OK', 'a b: c')),
        'no colon': says(head('200 OK', 'nonsense')),
        NUL: says(head('200 OK', 'a: b\0c')),
        CR: says(head('200 OK', 'a: b\rc: d')),
      },
      ...broken,
      why: unusable,
    },
    {
      name: 'has a length that is no number, two lengths, or a length beside chunks',
      scripts: {
        'no number': says(head('200 OK', 'Content-Length: five'), 'hello'),
        negative: says(head('200 OK', 'Content-Length: -5'), 'hello'),
        two: says(head('200 OK', 'Content-Length: 5', 'Content-Length: 6'), 'hello'),
        'beside chunks': says(
          head('200 OK', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
          '0\r\n\r\n',
        ),
      },
      ...broken,
      why: 'Where the answer ends would be a guess, and what follows might be taken for the next one (RFC 9112 §6.3).',
    },
    {
      name: 'has headers of 20 or 64 KiB, in one or in many, or without end',
      scripts: {
        '20 KiB': says(head('200 OK', `x-large: ${'x'.repeat(20_480)}`, 'Content-Length: 0')),
        '64 KiB': says(head('200 OK', `x-large: ${'x'.repeat(65_536)}`, 'Content-Length: 0')),
        '64 KiB in many': says(
          head('200 OK', ...Array.from({ length: 650 }, (_, at) => `x-${at}: ${'y'.repeat(93)}`)),
        ),
        endless: endless('HTTP/1.1 200 OK\r\n', `x: ${'y'.repeat(500)}\r\n`),
      },
      ...broken,
      why: "Node's own limit holds for backends, too: 16 KiB, unless `--max-http-header-size` says otherwise.",
    },
    {
      name: 'switches protocols unasked',
      scripts: only(says(head('101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade'))),
      ...broken,
      why: 'Nobody has asked for it (RFC 9110 §7.8).',
    },
    {
      name: 'sends a thousand interim answers before its own',
      scripts: {
        'with a length': says(head('103 Early Hints', 'link: </a>').repeat(1_000), ok),
        'in chunks': says(head('103 Early Hints').repeat(1_000), CHUNKED.head + CHUNKED.body),
      },
      ...fine,
      body: 'hello',
      why: 'They are read, and not passed on, although RFC 9110 §15.2 has a proxy do so.',
    },
    {
      name: 'sends interim answers and no more, or without end',
      scripts: {
        'no more': async (connection) => {
          await asked(connection);
          connection.write(head('102 Processing').repeat(10));
          await turns(5);
        },
        'without end': async (connection, play, index) => {
          await asked(connection);
          void endless('', head('102 Processing'))(connection, play, index);
          await turns(5);
        },
      },
      lacks: 'head',
      ...late,
      why: 'An interim answer does not prolong `timeouts.headersMs`.',
    },
    {
      name: 'sends 100 Continue unasked',
      scripts: only(says(head('100 Continue'), ok)),
      ...broken,
      why: 'undici takes it for a malformed answer, although RFC 9110 §15.2 has clients expect it.',
      behindHttpProxyMiddleware: { ...fine, why: '`node:http` ignores it.' },
    },
  ],
};
