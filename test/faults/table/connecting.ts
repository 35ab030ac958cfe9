import { broken, type Section, unsent } from '../fault.ts';
import { only } from '../scripts.ts';

export const CONNECTING: Section = {
  title: 'While it is connected to',
  faults: [
    {
      name: 'refuses connections: nobody listens',
      scripts: 'nobody listens',
      ...unsent,
      why: 'Nothing was sent, so that any method may be tried elsewhere. Of a streamed body nothing has been taken yet.',
    },
    {
      name: 'does not accept connections',
      scripts: 'nobody accepts',
      lacks: 'connection',
      ...unsent,
      alone: 504,
      why: 'The same, after `timeouts.connectMs`.',
    },
    {
      name: 'closes as soon as it is connected to',
      scripts: only(({ socket }) => socket.end()),
      ...broken,
      why: 'The request was on its way, and the backend may have acted on it: only what may be repeated is (RFC 9110 §9.2.2).',
    },
    {
      name: 'resets as soon as it is connected to',
      scripts: only(({ socket }) => socket.resetAndDestroy()),
      ...broken,
      POST: [200, 502],
      streamed: [200, 502],
      why: 'The same; where the reset comes before the connection is known to be there, nothing was sent.',
    },
  ],
};
