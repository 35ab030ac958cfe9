import { createSpillway } from '@spillway/koa';
import Koa from 'koa';
import mount from 'koa-mount';

const app = new Koa();
const spillway = createSpillway({ logger: console });

app.use(mount('/livez', spillway.liveness()));
app.use(mount('/readyz', spillway.readiness()));
app.use(mount('/metrics', spillway.metrics()));

const limit = spillway.limitConcurrency({ name: 'reports', maxCount: 20, maxQueueLength: 100 });
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

// #region recipe
app.use(mount('/reports', limit));
app.use(mount('/openai', spillway.proxy(chat)));
// #endregion

app.use(
  mount('/reports', (ctx) => {
    ctx.body = `report ${ctx.path.slice(1)}`;
  }),
);

const server = app.listen(Number(env('PORT')));
process.once('SIGTERM', () => spillway.shutdown({ server }));

function env(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} must be set`);
  return value;
}
