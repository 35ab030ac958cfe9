// #region example
import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

const app = new Koa();
const spillway = createSpillway();
app.use(mount('/readyz', spillway.readiness()));
app.use(mount('/metrics', spillway.metrics()));

app.use(mount('/reports', spillway.limitConcurrency({ maxCount: 20, maxQueueLength: 100 })));
app.use(
  mount('/reports', (ctx) => {
    ctx.body = `report ${ctx.path.slice(1)}`;
  }),
);

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

const server = app.listen(3000);
process.once('SIGTERM', () => spillway.shutdown({ server }));
// #endregion

// Its page is copied from here, and checked with the types.
declare const ptuKey: string;
declare const paygKey: string;
