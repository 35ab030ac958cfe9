import { createSpillway } from '@spillway/express';

/** Where the chat is: one server before, two behind a pool after. */
export function createChat(a: string, b: string) {
  const spillway = createSpillway();
  const pool = spillway.pool('chat', {
    backends: [
      { id: 'a', url: a },
      { id: 'b', url: b },
    ],
    affinity: { cookie: 'session' }, // a session stays at its server while that is there
  });
  return { spillway, pool, url: a };
}

export type Chat = Pick<ReturnType<typeof createChat>, 'pool' | 'url'>;
