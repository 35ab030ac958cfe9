import type { RegistrableFamily } from '@spillway/core';
import type { Autoscaler, AutoscalerStatus } from './autoscaler.ts';
import { REASONS, type ScalingReason } from './decision.ts';

/** Everything that autoscalers count. Nothing is stored twice: each scrape reads their state. */
export function autoscaleFamilies(autoscalers: Iterable<Autoscaler>): readonly RegistrableFamily[] {
  const each = (value: (status: AutoscalerStatus) => number | undefined) => () =>
    Array.from(autoscalers).flatMap((autoscaler) => {
      const read = value(autoscaler.status());
      // What is not known is not told: to Prometheus it is then absent.
      return read === undefined ? [] : [{ labels: { autoscaler: autoscaler.name }, value: read }];
    });
  return [
    {
      name: 'spillway_autoscale_instances',
      help: 'Instances, as the scaler said at the last sample.',
      type: 'gauge',
      labelNames: ['autoscaler'],
      collect: each(({ count }) => count),
    },
    {
      name: 'spillway_autoscale_sample',
      help: 'The last sample of the metric that the rules watch.',
      type: 'gauge',
      labelNames: ['autoscaler'],
      collect: each(({ sample }) => sample),
    },
    {
      name: 'spillway_autoscale_average',
      help: 'The average over the window of a rule, while that is full.',
      type: 'gauge',
      labelNames: ['autoscaler', 'rule'],
      collect: () =>
        Array.from(autoscalers).flatMap((autoscaler) => {
          const { name, scaleOut, scaleIn } = autoscaler.status();
          return Object.entries({ scaleOut, scaleIn }).flatMap(([rule, { average }]) =>
            average === undefined ? [] : [{ labels: { autoscaler: name, rule }, value: average }],
          );
        }),
    },
    {
      name: 'spillway_autoscale_decisions_total',
      help: 'Decisions, by what was done and why.',
      type: 'counter',
      labelNames: ['autoscaler', 'action', 'reason'],
      collect: () =>
        Array.from(autoscalers).flatMap((autoscaler) =>
          Object.entries(autoscaler.status().decisions).map(([reason, value]) => ({
            labels: {
              autoscaler: autoscaler.name,
              action: REASONS[reason as ScalingReason],
              reason,
            },
            value,
          })),
        ),
    },
    {
      name: 'spillway_autoscale_failures_total',
      help: 'Calls of the metric or the scaler that failed or took too long.',
      type: 'counter',
      labelNames: ['autoscaler', 'asked'],
      collect: () =>
        Array.from(autoscalers).flatMap((autoscaler) =>
          Object.entries(autoscaler.status().failures).map(([asked, value]) => ({
            labels: { autoscaler: autoscaler.name, asked },
            value,
          })),
        ),
    },
  ];
}
