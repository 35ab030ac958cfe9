import { createServer } from 'node:http';
import { createSpillway } from '@spillway/express';
import express from 'express';
import { backendUrl, serve } from './serve.ts';

const url = backendUrl();
const breaker = {
  failureCount: 3,
  intervalMs: 10_000,
  statusCodes: [429, '500-599'],
  tripDurationMs: 60_000,
  acceptRetryAfter: true,
};

const spillway = createSpillway();
const chat = spillway.pool('chat', {
  backends: [
    { id: 'ptu1', url, priority: 1, weight: 3, headers: { 'api-key': 'key-of-ptu1' }, breaker },
    { id: 'ptu2', url, priority: 1, weight: 1, headers: { 'api-key': 'key-of-ptu2' }, breaker },
    { id: 'payg1', url, priority: 2, headers: { 'api-key': 'key-of-payg1' }, breaker },
  ],
  affinity: { header: 'x-session' },
});

const app = express();
app.get('/metrics', spillway.metrics());
app.use('/api', spillway.proxy(chat));

serve(createServer(app));
