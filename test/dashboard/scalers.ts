import type { EventEmitter } from 'node:events';
import { autoscale } from '@spillway/autoscale';
import type { ScalerView } from '@spillway/dashboard';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { onTestFinished } from 'vitest';

/** An autoscaler that scales out when it is told to. */
export function startedScaler(): { readonly scaler: ScalerView & EventEmitter; scales(): void } {
  const clock = new FakeClock();
  const scaler = autoscale({
    name: 'web',
    metric: () => 5,
    scaleOut: { above: 1, windowMs: 1_000 },
    scaleIn: { below: 0.5 },
    max: 4,
    sampleMs: 1_000,
    scaler: { current: () => 1, scaleTo() {} },
    clock,
  });
  onTestFinished(() => scaler.stop());
  return { scaler, scales: () => clock.advance(1_000) };
}
