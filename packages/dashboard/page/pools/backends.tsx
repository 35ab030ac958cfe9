import type { PoolStatus } from '@spillway/core';
import { useState } from 'preact/hooks';
import { count } from '../format.ts';
import { useRoom } from '../state/room.ts';
import { SteerButton } from '../steering/steer-button.tsx';
import { BackendRow, COLUMNS } from './backend-row.tsx';
import { type Level, levelsOf, noteworthy } from './standing.ts';

/** Rows of a level, unless more are asked for. */
const ROWS = 25;

export interface BackendsProps {
  readonly pool: PoolStatus;
  /** Of the charts, by backend. */
  readonly colours: ReadonlyMap<string, number>;
}

/** A pool's backends, level by level. */
export function Backends({ pool, colours }: BackendsProps) {
  const room = useRoom();
  const columns = [...COLUMNS, ...(room.maySteer.value ? ['Steer'] : [])];
  return (
    <table role="table" class="backends" aria-label={`Backends of ${pool.name}`}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((name, index) => (
            <th key={name} role="columnheader" scope="col" class={index > 2 ? 'number' : undefined}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      {levelsOf(pool).map((level) => (
        <LevelRows
          key={level.priority}
          pool={pool.name}
          level={level}
          colours={colours}
          columns={columns.length}
        />
      ))}
    </table>
  );
}

interface LevelRowsProps extends Pick<BackendsProps, 'colours'> {
  readonly pool: string;
  readonly level: Level;
  readonly columns: number;
}

function LevelRows({ pool, level, colours, columns }: LevelRowsProps) {
  const received = useRoom().snapshot.value?.received[pool];
  const [isWhole, setWhole] = useState(false);
  const { priority, serves, backends, shares } = level;
  const of = `of ${pool}, level ${priority}`;
  return (
    <tbody role="rowgroup">
      <tr role="row" class="level">
        <th role="rowheader" scope="rowgroup" colSpan={columns}>
          <div class="level-head">
            <span>Level {priority}</span>
            {serves && <span class="badge good">serves</span>}
            {backends.length > ROWS && (
              <button type="button" class="steer" onClick={() => setWhole(!isWhole)}>
                {isWhole ? `Show ${ROWS}` : `Show all ${count(backends.length)}`}
                <span class="hidden"> {of}</span>
              </button>
            )}
            {Object.keys(shares).length > 1 && (
              <SteerButton
                steering={{ kind: 'shares', pool, priority }}
                text="Change shares"
                of={of}
              />
            )}
          </div>
        </th>
      </tr>
      {noteworthy(backends, isWhole ? backends.length : ROWS).map((backend) => (
        <BackendRow
          key={backend.id}
          pool={pool}
          backend={backend}
          asked={shares[backend.id] ?? 0}
          received={received?.[backend.id]}
          colour={colours.get(backend.id)}
        />
      ))}
    </tbody>
  );
}
