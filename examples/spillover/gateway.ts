import { type BreakerOptions, createSpillway } from '@spillway/express';
import express from 'express';

export interface Deployment {
  readonly url: string;
  readonly key: string;
}

export interface GatewayOptions {
  readonly ptu: Deployment;
  readonly payg: Deployment;
  readonly ptuBreaker?: BreakerOptions;
}

/** Three 429s in ten seconds: the reserved deployment is full, for as long as it says itself. */
const threeThrottled: BreakerOptions = {
  failureCount: 3,
  intervalMs: 10_000,
  statusCodes: [429],
  tripDurationMs: 60_000,
  acceptRetryAfter: true,
};

/** Reserved capacity (PTU) first, pay-as-you-go (PAYG) for what it refuses. */
export function createGateway({ ptu, payg, ptuBreaker = threeThrottled }: GatewayOptions) {
  const spillway = createSpillway();
  const chat = spillway.pool('chat', {
    backends: [
      {
        id: 'ptu1',
        url: ptu.url,
        priority: 1,
        headers: { 'api-key': ptu.key },
        breaker: ptuBreaker,
      },
      { id: 'payg1', url: payg.url, priority: 2, headers: { 'api-key': payg.key } },
    ],
  });

  const app = express();
  app.use('/openai', spillway.proxy(chat));
  app.get('/metrics', spillway.metrics());
  return { app, spillway };
}

if (import.meta.filename === process.argv[1]) {
  const { PTU_URL = '', PTU_KEY = '', PAYG_URL = '', PAYG_KEY = '', PORT = '3000' } = process.env;
  const { app, spillway } = createGateway({
    ptu: { url: PTU_URL, key: PTU_KEY }, // https://….openai.azure.com/openai
    payg: { url: PAYG_URL, key: PAYG_KEY },
  });
  const server = app.listen(Number(PORT));
  process.once('SIGTERM', () => spillway.shutdown({ server }));
}
