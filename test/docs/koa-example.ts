// #region example
import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

const app = new Koa();
const spillway = createSpillway();
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
app.use(mount('/openai', spillway.proxy(chat)));
app.use(mount('/metrics', spillway.metrics()));
const server = app.listen(3000);
process.once('SIGTERM', () => spillway.shutdown({ server }));
// #endregion

// Its page is copied from here, and checked with the types.
declare const ptuKey: string;
declare const paygKey: string;
