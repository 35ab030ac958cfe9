import { seededRandom } from '../../support/seeded-random.ts';
import { broken, type Script, type Section } from '../fault.ts';
import { asked, only, says } from '../scripts.ts';

const BODY_BYTES = 300_000;

/** Resets once it has read so many bytes. */
const resetsAt =
  (bytes: number): Script =>
  ({ socket }) => {
    let left = bytes;
    socket.on('data', (chunk: string) => {
      left -= chunk.length;
      if (left <= 0) socket.resetAndDestroy();
    });
  };

function resetsAtSome(count: number, from: number, to: number): Record<string, Script> {
  const random = seededRandom(count + from);
  const offsets = Array.from({ length: count }, () => from + Math.floor(random() * (to - from)));
  return Object.fromEntries(offsets.map((bytes) => [`${bytes} bytes`, resetsAt(bytes)]));
}

export const REQUESTS: Section = {
  title: 'While it reads the request',
  faults: [
    {
      name: "resets at any byte of the request's head",
      scripts: resetsAtSome(6, 1, 60),
      ...broken,
      why: 'It may have acted on the request: only what may be repeated is (RFC 9110 §9.2.2).',
    },
    {
      name: "resets at any byte of the request's body, of 300 kB",
      scripts: resetsAtSome(6, 400, BODY_BYTES),
      bodyBytes: BODY_BYTES,
      ...broken,
      GET: undefined,
      why: 'As above.',
    },
    {
      name: 'resets when it has the request',
      scripts: only(async (connection) => {
        await asked(connection);
        connection.socket.resetAndDestroy();
      }),
      ...broken,
      why: 'As above.',
    },
    {
      name: 'closes when it has the request',
      scripts: only(says()),
      ...broken,
      why: 'As above.',
    },
  ],
};
