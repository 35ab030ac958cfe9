import { once } from 'node:events';
import type { RawConnection } from '../../support/raw-backend.ts';
import { broken, fine, late, type Script, type Section } from '../fault.ts';
import { asked, head, ok, only } from '../scripts.ts';

const stale = `${head('200 OK', 'Content-Length: 5')}stale`;
const timedOut = head('408 Request Timeout', 'Content-Length: 0', 'Connection: close');

/** Answers every request. */
const serves: Script = async (connection) => {
  for (let times = 1; ; times++) {
    await asked(connection, times);
    if (connection.socket.closed) return;
    connection.write(ok);
  }
};

/** Answers the first request of its first connection, and does this at the next one. */
const servesOnce =
  (then: (connection: RawConnection) => unknown, answer = ok): Script =>
  async (connection, play, index) => {
    if (index > 0) return serves(connection, play, index);
    await asked(connection);
    connection.write(answer);
    connection.socket.once('data', () => then(connection));
  };

const closes = async ({ socket }: RawConnection) => {
  socket.end();
  await once(socket, 'close');
};

export const KEPT: Section = {
  title: 'A connection that it has kept, and that has served a request before',
  faults: [
    {
      name: 'closes or resets it before the next request is sent',
      scripts: only(serves),
      kept: { before: [closes, ({ socket }) => socket.resetAndDestroy()] },
      ...fine,
      body: 'hello',
      why: 'Nothing was sent there: the request takes another connection (RFC 9112 §9.5).',
    },
    {
      name: 'sends 408 there while nobody asks, and closes it',
      scripts: only(serves),
      kept: {
        before: [
          async (connection) => {
            connection.write(timedOut);
            await closes(connection);
          },
        ],
      },
      ...fine,
      body: 'hello',
      why: 'The same; nobody has asked what it answers.',
    },
    {
      name: 'sends an answer there that nobody has asked for, and keeps it',
      scripts: {
        'with the one before': servesOnce(({ write }) => write(ok), ok + stale),
        later: serves,
      },
      kept: { before: [({ write }) => write(stale)] },
      ...fine,
      body: 'hello',
      why: 'It must not be taken for the answer of the next request (RFC 9112 §9.2).',
    },
    {
      name: 'closes or resets it just when the next request is sent',
      scripts: only(serves),
      kept: {
        atNext: [({ socket }) => socket.destroy(), ({ socket }) => socket.resetAndDestroy()],
      },
      alone: [200, 502],
      GET: 200,
      POST: [200, 502],
      streamed: [200, 502],
      why: 'Where that is noticed before the request leaves, as above. Otherwise nobody can tell whether it was read: only what may be repeated is, elsewhere (RFC 9112 §9.3.1).',
    },
    {
      name: 'resets or closes it when the next request arrives',
      scripts: {
        resets: servesOnce(({ socket }) => socket.resetAndDestroy()),
        closes: servesOnce(({ socket }) => socket.end()),
      },
      kept: {},
      ...broken,
      why: 'The same.',
    },
    {
      name: 'is silent there when the next request arrives',
      scripts: only(servesOnce(() => {})),
      kept: {},
      lacks: 'head',
      ...late,
      why: 'After `timeouts.headersMs`, as on a connection of its own.',
    },
  ],
};
