import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { autoscale } from './autoscale.ts';

const MINUTE = 60_000;

function setUp(registry: Registry, name: string, metric: () => number | undefined) {
  const clock = new FakeClock();
  let count = 1;
  const autoscaler = autoscale({
    name,
    metric,
    scaleOut: { above: 0.8, windowMs: 3 * MINUTE },
    scaleIn: { below: 0.6, windowMs: 5 * MINUTE },
    max: 4,
    scaler: {
      current: () => count,
      scaleTo(target) {
        count = target;
      },
    },
    clock,
    registry,
  });
  return { autoscaler, minutes: (minutes: number) => clock.advance(minutes * MINUTE) };
}

async function linesOf(registry: Registry): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' 0'));
}

it('shows every decision and the figures behind it, as they are at the scrape', async () => {
  const registry = new Registry();
  const { autoscaler, minutes } = setUp(registry, 'prices', () => 0.875);
  expect(await linesOf(registry)).toEqual([]);
  minutes(4);
  expect(await linesOf(registry)).toEqual([
    'spillway_autoscale_instances{autoscaler="prices"} 2',
    'spillway_autoscale_sample{autoscaler="prices"} 0.875',
    'spillway_autoscale_average{autoscaler="prices",rule="scaleOut"} 0.875',
    'spillway_autoscale_decisions_total{autoscaler="prices",action="scale_out",reason="above"} 1',
    'spillway_autoscale_decisions_total{autoscaler="prices",action="hold",reason="window_not_full"} 2',
    'spillway_autoscale_decisions_total{autoscaler="prices",action="hold",reason="cooldown"} 1',
  ]);
  autoscaler.stop();
});

it('counts failures, and shows no sample where there is none', async () => {
  const registry = new Registry();
  const { autoscaler, minutes } = setUp(registry, 'prices', () => {
    throw new Error('no answer');
  });
  minutes(2);
  expect(await linesOf(registry)).toEqual([
    'spillway_autoscale_instances{autoscaler="prices"} 1',
    'spillway_autoscale_decisions_total{autoscaler="prices",action="hold",reason="no_sample"} 2',
    'spillway_autoscale_failures_total{autoscaler="prices",asked="metric"} 2',
  ]);
  autoscaler.stop();
});

it('shows several autoscalers in one registry, by name, for as long as they are at work', async () => {
  const registry = new Registry();
  const prices = setUp(registry, 'prices', () => 0.5);
  const orders = setUp(registry, 'orders', () => 0.25);
  prices.minutes(1);
  orders.minutes(1);
  const samples = async () =>
    (await linesOf(registry)).filter((line) => line.startsWith('spillway_autoscale_sample'));
  expect(await samples()).toEqual([
    'spillway_autoscale_sample{autoscaler="prices"} 0.5',
    'spillway_autoscale_sample{autoscaler="orders"} 0.25',
  ]);
  expect(() => setUp(registry, 'prices', () => 0.5)).toThrow(
    'autoscale.name must be a name that no other autoscale of the registry has, got "prices"',
  );
  prices.autoscaler.stop();
  expect(await samples()).toEqual(['spillway_autoscale_sample{autoscaler="orders"} 0.25']);
  setUp(registry, 'prices', () => 0.5).autoscaler.stop();
  orders.autoscaler.stop();
});

it('refuses a registry that holds other metrics of these names', () => {
  const registry = new Registry();
  const name = 'spillway_autoscale_sample';
  registry.registerMetric({ name, get: async () => ({}) } as never);
  expect(() => setUp(registry, 'prices', () => 0.5)).toThrow(
    `autoscale.registry must not hold '${name}' already`,
  );
});
