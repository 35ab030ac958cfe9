import { createSpillway } from '@spillway/express';
import express from 'express';

const app = express();
const spillway = createSpillway({ logger: console });

app.get('/livez', spillway.liveness());
app.get('/readyz', spillway.readiness());
app.get('/metrics', spillway.metrics());

// In front of a route that is there already: 20 at once, 100 more wait.
const limit = spillway.limitConcurrency({ name: 'reports', maxCount: 20, maxQueueLength: 100 });
app.use('/reports', limit);
app.get('/reports/:id', (req, res) => res.send(`report ${req.params.id}`));

// Reserved capacity first, pay-as-you-go when it answers 429.
const chat = spillway.pool('chat', {
  backends: [
    {
      id: 'ptu1',
      url: env('PTU_URL'), // https://….openai.azure.com/openai
      priority: 1,
      headers: { 'api-key': env('PTU_KEY') },
      breaker: {
        failureCount: 3,
        statusCodes: [429],
        acceptRetryAfter: true,
        tripDurationMs: 60_000,
      },
    },
    { id: 'payg1', url: env('PAYG_URL'), priority: 2, headers: { 'api-key': env('PAYG_KEY') } },
  ],
});
app.use('/openai', spillway.proxy(chat)); // in front of it: your own authentication

const server = app.listen(Number(env('PORT')));
process.once('SIGTERM', () => spillway.shutdown({ server }));

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} must be set`);
  return value;
}
