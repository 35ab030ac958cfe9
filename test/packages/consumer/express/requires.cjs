const { autoscale } = require('@spillway/autoscale');
const { dashboard } = require('@spillway/dashboard');
const { createSpillway } = require('@spillway/express');

const spillway = createSpillway();
const { status, pool } = spillway;
pool('required', { backends: [{ id: 'only', url: 'http://127.0.0.1:9' }] });
if (status().pools.required === undefined) throw new Error('require() gave no working module');
const authorize = () => undefined;
if (typeof dashboard(spillway, { authorize }) !== 'function') {
  throw new Error('require() gave no working control room');
}
const autoscaler = autoscale({
  metric: () => 0.5,
  scaleOut: { above: 0.8 },
  scaleIn: { below: 0.6 },
  max: 2,
  scaler: { current: () => 1, scaleTo() {} },
  registry: spillway.registry,
});
if (!autoscaler.status().running) throw new Error('require() gave no working autoscaler');
autoscaler.stop();
spillway.shutdown().then(() => console.log('required: works'));
