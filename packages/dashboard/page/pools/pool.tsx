import type { PoolStatus } from '@spillway/core';
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { latencySeries, refusedSeries, requestSeries } from '../charts/series.ts';
import { count, milliseconds, perSecond, words } from '../format.ts';
import { Figure, ServiceLevel } from '../frame/service-level.tsx';
import { useRoom } from '../state/room.ts';
import { Backends } from './backends.tsx';
import { Rollouts } from './rollouts.tsx';
import { Shadows } from './shadows.tsx';

/** One pool: how its callers fare, its backends, its last fifteen minutes, and what moves its traffic. */
export function PoolCard({ pool }: { readonly pool: PoolStatus }) {
  const room = useRoom();
  const level = room.snapshot.value?.status.requests[pool.name];
  const spillovers = pool.spillovers.reduce((sum, spilled) => sum + spilled.count, 0);
  const refusals = Object.entries(pool.rejections);
  const refused = refusals.reduce((sum, [, value]) => sum + (value ?? 0), 0);
  const reasons = refusals.map(([reason, value]) =>
    refusals.length === 1 ? words(reason) : `${count(value ?? 0)} ${words(reason)}`,
  );
  return (
    <article class="card pool" aria-label={`Pool ${pool.name}`}>
      <header class="card-head">
        <h3 class="id">{pool.name}</h3>
        <ServiceLevel level={level}>
          <Figure name="Running">{count(pool.running)}</Figure>
          <Figure name="Waiting">{count(pool.waiting)}</Figure>
          <Figure name="Spillovers">{count(spillovers)}</Figure>
          <Figure name="Refused" alarming={refused > 0}>
            {count(refused)}
            {reasons.length > 0 && <small class="muted"> {reasons.join(', ')}</small>}
          </Figure>
        </ServiceLevel>
      </header>
      <Backends pool={pool} />
      <PoolCharts name={pool.name} backends={pool.backends.map(({ id }) => id)} />
      <div class="parts">
        <Rollouts pool={pool} />
        <Shadows pool={pool} />
      </div>
    </article>
  );
}

interface PoolChartsProps {
  readonly name: string;
  readonly backends: readonly string[];
}

function PoolCharts({ name, backends }: PoolChartsProps) {
  const points = useRoom().points.value;
  const ids = backends.join('\n');
  const times = useMemo(() => points.map(({ at }) => at), [points]);
  const requests = useMemo(
    () => [...requestSeries(points, name, ids.split('\n')), refusedSeries(points, name)],
    [points, name, ids],
  );
  const latencies = useMemo(() => latencySeries(points, name), [points, name]);
  return (
    <div class="charts">
      <Chart
        title="Requests by backend"
        of={name}
        times={times}
        series={requests}
        stacked
        format={perSecond}
        atLeast={1}
      />
      <Chart
        title="Time to answer callers"
        of={name}
        times={times}
        series={latencies}
        format={milliseconds}
        atLeast={10}
      />
    </div>
  );
}
