import type { PoolStatus } from '@spillway/core';
import { useMemo } from 'preact/hooks';
import { Chart } from '../charts/chart.tsx';
import { latencySeries, refusedSeries, requestSeries, type Series } from '../charts/series.ts';
import { count, milliseconds, perSecond, words } from '../format.ts';
import { Figure, ServiceLevel } from '../frame/service-level.tsx';
import { useRoom } from '../state/room.ts';
import { Backends } from './backends.tsx';
import { Rollouts } from './rollouts.tsx';
import { Shadows } from './shadows.tsx';

/** One pool: how its callers fare, its backends, its last fifteen minutes, and what moves its traffic. */
export function PoolCard({ pool }: { readonly pool: PoolStatus }) {
  const room = useRoom();
  const series = usePoolSeries(pool);
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
      <Backends pool={pool} colours={series.colours} />
      <PoolCharts name={pool.name} series={series} />
      <div class="parts">
        <Rollouts pool={pool} />
        <Shadows pool={pool} />
      </div>
    </article>
  );
}

interface PoolSeries {
  readonly times: readonly number[];
  readonly requests: readonly Series[];
  readonly latencies: readonly Series[];
  /** Of the layers that are one backend's. */
  readonly colours: ReadonlyMap<string, number>;
}

function usePoolSeries({ name, backends }: PoolStatus): PoolSeries {
  const points = useRoom().points.value;
  const ids = backends.map(({ id }) => id);
  return useMemo(() => {
    const requests = requestSeries(points, name, ids);
    return {
      times: points.map(({ at }) => at),
      requests: [...requests, refusedSeries(points, name)],
      latencies: latencySeries(points, name),
      colours: new Map(requests.map((series) => [series.name, series.colour ?? 0])),
    };
  }, [points, name, ids.join('\n')]);
}

interface PoolChartsProps {
  readonly name: string;
  readonly series: PoolSeries;
}

function PoolCharts({ name, series: { times, requests, latencies } }: PoolChartsProps) {
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
