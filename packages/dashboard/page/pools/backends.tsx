import type { PoolStatus } from '@spillway/core';
import { Fragment } from 'preact';
import { useRoom } from '../state/room.ts';
import { SteerButton } from '../steering/steer-button.tsx';
import { BackendRow, COLUMNS } from './backend-row.tsx';
import { type Level, levelsOf } from './standing.ts';

/** A pool's backends, level by level. */
export function Backends({ pool }: { readonly pool: PoolStatus }) {
  const room = useRoom();
  const received = room.snapshot.value?.received[pool.name];
  const columns = [...COLUMNS, ...(room.maySteer.value ? ['Steer'] : [])];
  const colours = new Map(pool.backends.map(({ id }, index) => [id, index]));
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
        <tbody key={level.priority} role="rowgroup" class={level.serves ? 'serves' : undefined}>
          <LevelHead pool={pool.name} level={level} columns={columns.length} />
          {level.backends.map((backend) => (
            <Fragment key={backend.id}>
              <BackendRow
                pool={pool.name}
                backend={backend}
                asked={level.shares[backend.id] ?? 0}
                received={received?.[backend.id]}
                colour={colours.get(backend.id) ?? 0}
              />
            </Fragment>
          ))}
        </tbody>
      ))}
    </table>
  );
}

interface LevelHeadProps {
  readonly pool: string;
  readonly level: Level;
  readonly columns: number;
}

function LevelHead({ pool, level: { priority, serves, backends }, columns }: LevelHeadProps) {
  return (
    <tr role="row" class="level">
      <th role="rowheader" scope="rowgroup" colSpan={columns}>
        <div class="level-head">
          <span>Level {priority}</span>
          {serves && <span class="badge good">serves</span>}
          {backends.length > 1 && (
            <SteerButton
              steering={{ kind: 'shares', pool, priority }}
              text="Change shares"
              of={`of ${pool}, level ${priority}`}
            />
          )}
        </div>
      </th>
    </tr>
  );
}
