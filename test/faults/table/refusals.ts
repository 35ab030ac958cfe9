import { fine, type Section, throttled } from '../fault.ts';
import { head, says, stallsAfter } from '../scripts.ts';

const refusal = (status: string) => ({
  'with a length': says(head(status, 'Content-Length: 2', 'Connection: close'), 'no'),
  'in chunks': says(head(status, 'Transfer-Encoding: chunked'), '2\r\nno\r\n0\r\n\r\n'),
});

const begun = {
  'with a length': `${head('429 Too Many Requests', 'Content-Length: 9')}no`,
  'in chunks': `${head('429 Too Many Requests', 'Transfer-Encoding: chunked')}2\r\nno\r\n`,
};

const cutRefusal = { ...throttled, alone: 'cut off', streamed: 'cut off' } as const;

export const REFUSALS: Section = {
  title: 'What it refuses',
  faults: [
    {
      name: 'refuses with 429',
      scripts: refusal('429 Too Many Requests'),
      ...throttled,
      body: 'no',
      why: 'Never seen while another backend has room, unless the body cannot be sent again; the last one is passed on as it came.',
    },
    {
      name: 'refuses with 429 and breaks off',
      scripts: {
        'with a length': says(begun['with a length']),
        'in chunks': says(begun['in chunks']),
      },
      ...cutRefusal,
      why: 'The same, as far as it came.',
    },
    {
      name: 'refuses with 429 and stalls',
      scripts: {
        'with a length': stallsAfter(begun['with a length'], 2),
        'in chunks': stallsAfter(begun['in chunks'], 2),
      },
      lacks: 'body',
      ...cutRefusal,
      why: 'The same; nobody waits for a refusal that is not passed on.',
    },
    {
      name: 'refuses with 503',
      scripts: refusal('503 Service Unavailable'),
      ...throttled,
      alone: 503,
      streamed: 503,
      body: 'no',
      why: 'As with 429: it has refused the work.',
    },
    {
      name: 'fails with 500',
      scripts: refusal('500 Internal Server Error'),
      alone: 500,
      GET: 200,
      POST: 500,
      streamed: 500,
      body: 'no',
      why: 'It may have acted on the request: only what may be repeated is.',
    },
    {
      name: 'refuses with 404',
      scripts: refusal('404 Not Found'),
      ...fine,
      alone: 404,
      GET: 404,
      POST: 404,
      streamed: 404,
      body: 'no',
      why: 'An answer like any other.',
    },
  ],
};
