import { createServer, type Server } from 'node:http';
import { dashboard } from '@spillway/dashboard';
import { createSpillway } from '@spillway/express';
import express from 'express';
import { makePool } from './pool.ts';

/** `spillway-express` with its control room. */
export function withDashboard(): Server {
  const spillway = createSpillway();
  const app = express();
  app.get('/metrics', spillway.metrics());
  app.use('/api', spillway.proxy(makePool(spillway)));
  const authorize = () => ({ name: 'bench', role: 'viewer' as const });
  app.use('/spillway', dashboard(spillway, { authorize }));
  return createServer(app);
}
