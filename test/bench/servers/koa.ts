import { createServer } from 'node:http';
import Koa from 'koa';
import { completion } from '../answers.ts';
import { serve } from './serve.ts';

const app = new Koa();
app.use((ctx) => {
  if (ctx.path === '/api/v1/chat/completions') ctx.body = completion;
});

serve(createServer(app.callback()));
