import { autoscale, processorUse, processScaler } from '@spillway/autoscale';
import { createSpillway } from '@spillway/express';
import express from 'express';

export async function createApp(module: string) {
  const app = express();
  const spillway = createSpillway();
  app.get('/metrics', spillway.metrics());

  // #region recipe
  const scaler = processScaler({
    module, // what each instance runs: an application that listens on PORT
    pool: (backends) => spillway.pool('prices', { backends, balance: 'least-requests' }),
  });
  await scaler.scaleTo(1);
  app.use('/prices', spillway.proxy(scaler.pool));

  const autoscaler = autoscale({
    metric: processorUse(scaler),
    scaleOut: { above: 0.8 }, // on average over 45 minutes; then 20 minutes of rest
    scaleIn: { below: 0.35 },
    max: 4,
    scaler,
    registry: spillway.registry,
  });
  // #endregion

  return { app, spillway, scaler, autoscaler };
}
