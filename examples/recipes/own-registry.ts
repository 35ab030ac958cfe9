import { createSpillway } from '@spillway/express';
import express from 'express';
import { Counter, register } from 'prom-client';

export function createApp(url: string) {
  const app = express();

  // #region recipe
  const orders = new Counter({ name: 'orders_total', help: 'Orders taken.' }); // the service's own

  const spillway = createSpillway({ registry: register });
  app.get('/metrics', spillway.metrics()); // or the route that answers with this registry already
  // #endregion

  const api = spillway.pool('api', { backends: [{ id: 'only', url }] });
  app.use('/orders', (_req, _res, next) => {
    orders.inc();
    next();
  });
  app.use('/orders', spillway.proxy(api));
  return { app, spillway };
}
