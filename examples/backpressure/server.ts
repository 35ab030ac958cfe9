import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSpillway } from '@spillway/express';
import express from 'express';

export interface AppOptions {
  /** What the constrained resource behind the operation can take at once. */
  readonly concurrency: number;
  readonly operationMs: number;
}

export function createApp({ concurrency, operationMs }: AppOptions) {
  // #region app
  const spillway = createSpillway();
  const app = express();
  app.get('/readiness', spillway.readiness({ maxQueueRatio: 2 }));
  app.get('/liveness', spillway.liveness());
  app.get('/metrics', spillway.metrics());

  const protection = spillway.protect({
    name: 'expensive',
    concurrency: { maxCount: concurrency, maxQueueLength: 4 * concurrency, rejectStatus: 503 },
  });
  app.get('/expensive-op', protection, async (_req, res) => {
    await sleep(operationMs); // a query, say
    res.json({ done: true });
  });
  // #endregion
  return { app, spillway };
}

if (import.meta.filename === process.argv[1]) {
  const { CONCURRENCY = '1', OPERATION_MS = '2000', PORT = '3000' } = process.env;
  const { app, spillway } = createApp({
    concurrency: Number(CONCURRENCY),
    operationMs: Number(OPERATION_MS),
  });
  const server = app.listen(Number(PORT), (error) => {
    if (error) throw error;
    console.log(`http://localhost:${(server.address() as AddressInfo).port}/expensive-op`);
  });
  process.once('SIGTERM', () => spillway.shutdown({ server }));
}
