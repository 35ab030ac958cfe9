import type { GateStatus } from '@spillway/core';
import { useMemo } from 'preact/hooks';
import type { Snapshot } from '../../src/contract.ts';
import { Chart } from '../charts/chart.tsx';
import { queueSeries } from '../charts/series.ts';
import { count, decimal, words } from '../format.ts';
import { State } from '../frame/icon.tsx';
import { Figure, ServiceLevel } from '../frame/service-level.tsx';
import { breakerStanding } from '../pools/standing.ts';
import { useRoom } from '../state/room.ts';
import { SteerButton } from '../steering/steer-button.tsx';

type RouteStatus = Snapshot['status'];
type Refusals = RouteStatus['gates'][string]['rejections'];

/** What protects routes: gates and breakers, with how their callers fare. */
export function Routes({ status }: { readonly status: RouteStatus }) {
  const gates = Object.keys(status.gates);
  const names = [...new Set([...gates, ...Object.keys(status.breakers)])];
  return (
    <div class="card">
      {names.map((name) => (
        <Route key={name} name={name} status={status} />
      ))}
      {gates.length > 0 && <QueueChart gates={gates} />}
    </div>
  );
}

function Route({ name, status }: { readonly name: string; readonly status: RouteStatus }) {
  const gate = status.gates[name];
  const breaker = status.breakers[name];
  return (
    <article class="route" aria-label={`Route ${name}`}>
      <header class="card-head">
        <h3 class="id">{name}</h3>
        <ServiceLevel level={status.requests[name]}>
          {gate !== undefined && (
            <Figure name="Queue ratio" alarming={gate.queueRatio > 1}>
              {decimal(gate.queueRatio)}
            </Figure>
          )}
          {gate?.keys !== undefined && <Figure name="Keys">{count(gate.keys)}</Figure>}
          <RefusalFigures rejections={gate?.rejections ?? breaker?.rejections ?? {}} />
        </ServiceLevel>
      </header>
      <div class="guards">
        {gate !== undefined && <GateBars name={name} gate={gate} />}
        {breaker !== undefined && <RouteBreaker name={name} breaker={breaker} />}
      </div>
    </article>
  );
}

function RefusalFigures({ rejections }: { readonly rejections: Refusals }) {
  const all = Object.entries(rejections).filter(([, value]) => value !== undefined && value > 0);
  if (all.length === 0) return <Figure name="Refused">0</Figure>;
  return (
    <>
      {all.map(([reason, value]) => (
        <Figure key={reason} name={`Refused: ${words(reason)}`} alarming>
          {count(value ?? 0)}
        </Figure>
      ))}
    </>
  );
}

function GateBars({ name, gate }: { readonly name: string; readonly gate: GateStatus }) {
  // With keys, the sums of all of them stand beside the limit of each: a bar would say nothing.
  const isKeyed = gate.keys !== undefined;
  return (
    <>
      <Bar label="Running" of={name} value={gate.running} max={gate.maxCount} bare={isKeyed} />
      <Bar
        label="Waiting"
        of={name}
        value={gate.waiting}
        max={gate.maxQueueLength}
        bare={isKeyed}
      />
    </>
  );
}

interface BarProps {
  readonly label: string;
  readonly of: string;
  readonly value: number;
  readonly max: number;
  readonly bare: boolean;
}

function Bar({ label, of, value, max, bare }: BarProps) {
  return (
    <div class="guard">
      <span>{label}</span>
      {!bare && max > 0 && <progress max={max} value={value} aria-label={`${label}, ${of}`} />}
      <span class="figures">
        <b>{count(value)}</b>
        <span class="muted">
          {' '}
          / {count(max)}
          {bare && ' each'}
        </span>
      </span>
    </div>
  );
}

interface RouteBreakerProps {
  readonly name: string;
  readonly breaker: RouteStatus['breakers'][string];
}

function RouteBreaker({ name, breaker }: RouteBreakerProps) {
  const room = useRoom();
  const { icon, text } = breakerStanding(breaker, room.leftOf(breaker.remainingMs));
  return (
    <div class="guard">
      <span>Breaker</span>
      <State icon={icon} text={text} />
      <span class="muted figures">
        {count(breaker.trips)} {breaker.trips === 1 ? 'trip' : 'trips'}
      </span>
      <span class="buttons">
        <SteerButton steering={{ kind: 'trip-route', route: name }} text="Trip" of={name} />
        {breaker.state !== 'closed' && (
          <SteerButton steering={{ kind: 'close-route', route: name }} text="Close" of={name} />
        )}
      </span>
    </div>
  );
}

function QueueChart({ gates }: { readonly gates: readonly string[] }) {
  const points = useRoom().points.value;
  const times = useMemo(() => points.map(({ at }) => at), [points]);
  const series = useMemo(() => queueSeries(points, gates), [points, gates.join('\n')]);
  return (
    <div class="charts">
      <Chart title="Queue ratio" times={times} series={series} format={decimal} atLeast={1} />
    </div>
  );
}
