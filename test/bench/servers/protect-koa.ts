import { createServer } from 'node:http';
import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import { completion } from '../answers.ts';
import { serve } from './serve.ts';

const spillway = createSpillway();
const app = new Koa();
app.use(
  spillway.protect({
    name: 'chat',
    concurrency: { maxCount: 100, maxQueueLength: 100 },
    breaker: { failurePercentage: 50 },
    timeoutMs: 30_000,
  }),
);
app.use((ctx) => {
  if (ctx.path === '/api/v1/chat/completions') ctx.body = completion;
});

serve(createServer(app.callback()));
