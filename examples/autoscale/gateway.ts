import { join } from 'node:path';
import { type AutoscaleOptions, autoscale, processorUse, processScaler } from '@spillway/autoscale';
import { createSpillway } from '@spillway/express';
import express from 'express';

export type Rules = Pick<AutoscaleOptions, 'sampleMs' | 'scaleOut' | 'scaleIn'>;

/** One instance of the service, and a second one when the first is too busy for too long. */
export async function createGateway(rules: Rules, env: Record<string, string>) {
  const spillway = createSpillway();
  const scaler = processScaler({
    module: join(import.meta.dirname, 'service.ts'),
    pool: (backends) => spillway.pool('hashes', { backends, balance: 'least-requests' }),
    env,
  });
  await scaler.scaleTo(1);
  const autoscaler = autoscale({
    ...rules,
    metric: processorUse(scaler),
    min: 1,
    max: 2,
    scaler,
    registry: spillway.registry,
  });

  const app = express();
  app.get('/metrics', spillway.metrics());
  app.use(spillway.proxy(scaler.pool));

  async function close(server: ReturnType<typeof app.listen>): Promise<void> {
    autoscaler.stop();
    await spillway.shutdown({ server });
    await scaler.close();
  }
  return { app, scaler, autoscaler, close };
}
