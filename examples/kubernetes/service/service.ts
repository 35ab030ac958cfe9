import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSpillway, type Spillway } from '@spillway/express';
import express, { type Express } from 'express';

export interface ServiceOptions {
  /** What the constrained resource behind a report can take at once. */
  readonly maxCount: number;
  readonly maxQueueLength: number;
  /** The queue ratio (waiting over `maxCount`) above which the pod asks for no more traffic. */
  readonly maxQueueRatio: number;
  /** Makes a report: a query, say. */
  readonly makeReport: () => Promise<void>;
}

export function createService(options: ServiceOptions): { app: Express; spillway: Spillway } {
  const { maxCount, maxQueueLength, maxQueueRatio, makeReport } = options;
  const spillway = createSpillway({ logger: console });
  const app = express();
  app.get('/livez', spillway.liveness());
  app.get('/readyz', spillway.readiness({ maxQueueRatio }));
  app.get('/metrics', spillway.metrics());

  const limit = spillway.limitConcurrency({ name: 'reports', maxCount, maxQueueLength });
  app.get('/reports/:id', limit, async (req, res) => {
    await makeReport();
    res.json({ report: req.params.id });
  });
  return { app, spillway };
}

if (import.meta.filename === process.argv[1]) {
  const reportMs = setting('REPORT_MS', 500);
  const { app, spillway } = createService({
    maxCount: setting('MAX_COUNT', 4),
    maxQueueLength: setting('MAX_QUEUE_LENGTH', 16),
    maxQueueRatio: setting('MAX_QUEUE_RATIO', 2),
    makeReport: () => sleep(reportMs),
  });
  const shutdown = {
    readinessDelayMs: setting('READINESS_DELAY_MS', 5_000),
    timeoutMs: setting('SHUTDOWN_TIMEOUT_MS', 20_000),
  };
  const server = app.listen(setting('PORT', 3000), (error) => {
    if (error) throw error;
    console.log(`listening on port ${(server.address() as AddressInfo).port}`);
  });
  process.once('SIGTERM', () => spillway.shutdown({ server, ...shutdown }));
}

/** A number from the environment; what it must be is checked where it is used. */
function setting(name: string, otherwise: number): number {
  const text = process.env[name]?.trim();
  if (!text) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value)) {
    throw new Error(`the environment variable ${name} must be a number, got '${text}'`);
  }
  return value;
}
