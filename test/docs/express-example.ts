// #region example
import { createSpillway } from '@spillway/express';
import express from 'express';

const app = express();
const spillway = createSpillway();
app.get('/readyz', spillway.readiness());
app.get('/metrics', spillway.metrics());

app.use('/reports', spillway.limitConcurrency({ maxCount: 20, maxQueueLength: 100 }));
app.get('/reports/:id', (req, res) => res.send(`report ${req.params.id}`));

const chat = spillway.pool('chat', {
  backends: [
    { id: 'ptu1', url: 'https://ptu.example/openai', headers: { 'api-key': ptuKey } },
    {
      id: 'payg1',
      url: 'https://payg.example/openai',
      headers: { 'api-key': paygKey },
      priority: 2,
    },
  ],
});
app.use('/openai', spillway.proxy(chat));

const server = app.listen(3000);
process.once('SIGTERM', () => spillway.shutdown({ server }));
// #endregion

// Its page is copied from here, and checked with the types; the quick start is what the tests run.
declare const ptuKey: string;
declare const paygKey: string;
