/** A parent that tells the pids of its two instances, and then waits to be killed. */
import { join } from 'node:path';
import { processScaler } from '@spillway/autoscale';
import { createSpillway } from '@spillway/express';

const spillway = createSpillway();
const scaler = processScaler({
  module: join(import.meta.dirname, 'autoscale-service.fixture.ts'),
  pool: (backends) => spillway.pool('service', { backends }),
  probeMs: 20,
});
await scaler.scaleTo(2);
process.send?.(scaler.status().instances.map(({ pid }) => pid));
