import { cut, fine, type Script, type Section } from '../fault.ts';
import {
  type Answer,
  CHUNKED,
  head,
  keeps,
  ok,
  oneByOne,
  PLAIN,
  resetsAfter,
  says,
  stallsAfter,
} from '../scripts.ts';

/** A script for every byte of the body at which an answer may end early. */
function atAnyByte(make: (begun: string, callerHas: number) => Script): Record<string, Script> {
  const answers: Record<string, Answer> = { 'with a length': PLAIN, 'in chunks': CHUNKED };
  return Object.fromEntries(
    Object.entries(answers).flatMap(([form, { head, body, bytesToCaller }]) =>
      Array.from(body, (_, at) => [
        `${form}, ${at} bytes`,
        make(head + body.slice(0, at), bytesToCaller(at)),
      ]),
    ),
  );
}

export const BODIES: Section = {
  title: 'The body of its answer',
  faults: [
    {
      name: 'closes at any byte of the body: sends too few bytes',
      scripts: atAnyByte((begun) => says(begun)),
      ...cut,
      why: 'A byte of the answer has gone to the caller, so that nothing can be tried again; what is incomplete must not look complete (RFC 9112 §8).',
    },
    {
      name: 'resets at any byte of the body',
      scripts: atAnyByte(resetsAfter),
      ...cut,
      why: 'The same.',
    },
    {
      name: 'stalls at any byte of the body',
      scripts: atAnyByte(stallsAfter),
      lacks: 'body',
      ...cut,
      why: 'The same, after `timeouts.bodyMs`.',
    },
    {
      name: 'has a chunk whose size is no number, or that is longer than it says',
      scripts: {
        'no number': says(CHUNKED.head, '5\r\nhello\r\nxyz\r\n'),
        longer: says(CHUNKED.head, '5\r\nhello and more\r\n'),
      },
      ...cut,
      why: 'The same.',
    },
    {
      name: 'resets after the whole answer',
      scripts: {
        'with a length': resetsAfter(PLAIN.head + PLAIN.body, 5),
        'in chunks': resetsAfter(CHUNKED.head + CHUNKED.body, 5),
      },
      ...fine,
      body: 'hello',
      why: 'The answer was whole.',
    },
    {
      name: 'sends too many bytes, or a second answer unasked',
      scripts: {
        'too many, and closes': says(ok, ' and more'),
        'too many, and keeps': keeps(`${ok} and more`),
        'too many, in chunks': keeps(`${CHUNKED.head}${CHUNKED.body} and more`),
        'a second': keeps(ok + ok),
        'a second, in chunks': keeps(CHUNKED.head + CHUNKED.body + ok),
      },
      ...fine,
      body: 'hello',
      endsConnection: true,
      why: 'The answer ends where it says; what follows belongs to nobody, and its connection is closed (RFC 9112 §9.2).',
    },
    {
      name: 'has no length and ends by closing, in HTTP/1.1 or 1.0',
      scripts: {
        'HTTP/1.1': says(head('200 OK'), 'hello'),
        'HTTP/1.0': says('HTTP/1.0 200 OK\r\n\r\nhello'),
      },
      ...fine,
      body: 'hello',
      why: 'Its end is that of the connection (RFC 9112 §6.3).',
    },
    {
      name: 'answers byte by byte',
      scripts: {
        'with a length': oneByOne(PLAIN.head + PLAIN.body),
        'in chunks': oneByOne(CHUNKED.head + CHUNKED.body),
      },
      ...fine,
      body: 'hello',
      why: 'Each byte is passed on as it comes.',
    },
  ],
};
