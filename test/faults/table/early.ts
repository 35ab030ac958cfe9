import { type Script, type Section, throttled } from '../fault.ts';
import { head, only } from '../scripts.ts';

const LARGE = `${head('413 Content Too Large', 'Content-Length: 5')}large`;
const CLOSING = `${head('413 Content Too Large', 'Content-Length: 5', 'Connection: close')}large`;

/** Answers when the body has begun to come. */
const early =
  (bytes: string): Script =>
  async (connection) => {
    await connection.until('beginning');
    connection.write(bytes);
  };

const earlyThenCloses: Script = async (connection) => {
  await connection.until('beginning');
  connection.write(CLOSING);
  connection.socket.end();
};

const tooLarge = { alone: 413, POST: 413, streamed: 413, body: 'large' } as const;

export const EARLY: Section = {
  title: 'An answer before it has the body',
  faults: [
    {
      name: 'answers 413 and keeps the connection, or closes it',
      scripts: { keeps: early(LARGE), closes: earlyThenCloses },
      isAnsweredEarly: true,
      ...tooLarge,
      endsConnection: true,
      why: 'Passed on while the caller still uploads. Half a request has gone through the connection, so that it is closed (RFC 9112 §9.3).',
    },
    {
      name: 'answers 413 and resets when that was read',
      scripts: only(async (connection, play) => {
        await early(LARGE)(connection, play, 0);
        await play.callerHas(5);
        connection.socket.resetAndDestroy();
      }),
      isAnsweredEarly: true,
      ...tooLarge,
      endsConnection: true,
      why: 'The same.',
    },
    {
      name: 'answers 413 and closes at once, with 300 kB unread',
      scripts: only(async (connection) => {
        await connection.until('beginning');
        connection.socket.pause();
        connection.socket.write(LARGE, () => connection.socket.destroy());
      }),
      bodyBytes: 300_000,
      alone: [413, 502],
      POST: [413, 502],
      streamed: [413, 502],
      why: 'Such a close is a reset, which may overtake the answer (RFC 9112 §9.6 asks servers to wait). A POST that was sent is not repeated.',
    },
    {
      name: 'answers 200',
      scripts: only(early(`${head('200 OK', 'Content-Length: 5')}hello`)),
      isAnsweredEarly: true,
      alone: 200,
      POST: 200,
      streamed: 200,
      body: 'hello',
      why: 'It has not asked for the rest of the body.',
    },
    {
      name: 'refuses with 429',
      scripts: only(early(`${head('429 Too Many Requests', 'Content-Length: 2')}no`)),
      isAnsweredEarly: true,
      ...throttled,
      GET: undefined,
      body: 'no',
      why: 'The other backend gets the body from its first byte on, while the rest still comes; not so a body that was not kept.',
    },
  ],
};
