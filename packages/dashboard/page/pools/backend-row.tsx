import type { BackendStatus } from '@spillway/core';
import { useMemo } from 'preact/hooks';
import { count, NONE } from '../format.ts';
import { State } from '../frame/icon.tsx';
import { useRoom } from '../state/room.ts';
import { SteerButton } from '../steering/steer-button.tsx';
import { Share } from './share.tsx';
import { answersOf, standingOf } from './standing.ts';

export const COLUMNS = [
  'Backend',
  'State',
  'Share → received',
  'Running',
  'OK',
  '429',
  '4xx',
  '5xx',
  'No answer',
  'Trips',
] as const;

export interface BackendRowProps {
  readonly pool: string;
  readonly backend: BackendStatus;
  readonly asked: number;
  readonly received: number | undefined;
  /** In the charts; absent of one that shares a layer with others there. */
  readonly colour: number | undefined;
}

/** Drawn anew only where something of it has changed: there may be a thousand, once a second. */
export function BackendRow(props: BackendRowProps) {
  return useMemo(() => <Row {...props} />, [JSON.stringify(props)]);
}

function Row({ pool, backend, asked, received, colour }: BackendRowProps) {
  const room = useRoom();
  const { id, url, running, maxCount, breaker, draining } = backend;
  const answers = answersOf(backend);
  const isTripped = breaker !== undefined && breaker.state !== 'closed';
  return (
    <tr role="row" class={isTripped ? 'tripped' : undefined}>
      <th role="rowheader" scope="row" class="backend">
        <i class={colour === undefined ? 'swatch' : `swatch series-${colour}`} aria-hidden="true" />
        <span class="id">{id}</span>
        <span class="url muted">{url ?? 'handler'}</span>
      </th>
      <Cell label="State" kind="wide">
        <State {...standingOf(backend, isTripped ? room.leftOf(breaker.remainingMs) : 0)} />
      </Cell>
      <Cell label="Share → received" kind="wide">
        <Share asked={asked} received={received} />
      </Cell>
      <Cell label="Running" kind="number">
        {count(running)}
        {maxCount !== undefined && <span class="muted"> / {count(maxCount)}</span>}
      </Cell>
      <Figure label="OK" value={answers.ok} />
      <Figure label="429" value={answers.refused} tone="warning" />
      <Figure label="4xx" value={answers.clientErrors} />
      <Figure label="5xx" value={answers.serverErrors} tone="bad" />
      <Figure label="No answer" value={answers.none} tone="bad" />
      <Cell label="Trips" kind="number">
        {breaker === undefined ? <None of="no breaker" /> : count(breaker.trips)}
      </Cell>
      {room.maySteer.value && (
        <Cell label="Steer" kind="steering">
          {breaker !== undefined && (
            <SteerButton steering={{ kind: 'trip', pool, backend: id }} text="Trip" of={id} />
          )}
          {isTripped && (
            <SteerButton steering={{ kind: 'close', pool, backend: id }} text="Close" of={id} />
          )}
          <SteerButton steering={{ kind: 'shadow', pool, backend: id }} text="Shadow" of={id} />
          {!draining && (
            <SteerButton steering={{ kind: 'drain', pool, backend: id }} text="Drain" of={id} />
          )}
        </Cell>
      )}
    </tr>
  );
}

/** A dash, which is read out as what it stands for. */
function None({ of }: { readonly of: string }) {
  return (
    <span class="muted">
      <span aria-hidden="true">{NONE}</span>
      <span class="hidden">{of}</span>
    </span>
  );
}

interface CellProps {
  readonly label: string;
  readonly kind?: 'number' | 'wide' | 'steering';
  readonly children: preact.ComponentChildren;
}

function Cell({ label, kind, children }: CellProps) {
  return (
    <td role="cell" data-label={label} class={kind}>
      {children}
    </td>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: number;
  readonly tone?: 'warning' | 'bad';
}

function Figure({ label, value, tone }: FigureProps) {
  return (
    <Cell label={label} kind="number">
      <span class={value === 0 ? 'muted' : tone && `tone-${tone}`}>{count(value)}</span>
    </Cell>
  );
}
