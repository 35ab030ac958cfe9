import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/express';
import express, { type Request } from 'express';

export function createApp(
  backendUrl: string,
  userOf: (req: Request) => string | undefined,
  operators: ReadonlySet<string>,
) {
  const app = express();
  const spillway = createSpillway();
  const chat = spillway.pool('chat', {
    backends: [
      { id: 'ptu1', url: backendUrl, breaker: { failureCount: 3 } },
      { id: 'payg1', url: backendUrl, priority: 2 },
    ],
  });
  app.use('/openai', spillway.proxy(chat));

  // #region recipe
  const controlRoom = dashboard(spillway, {
    authorize(req) {
      const name = userOf(req); // of your session, or of a proxy that signs people in
      if (name === undefined) return undefined; // 403
      return { name, role: operators.has(name) ? 'operator' : 'viewer' };
    },
  });
  app.use('/spillway', controlRoom);
  // #endregion

  return { app, spillway };
}
