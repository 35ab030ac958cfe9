import type { PoolStatus } from '@spillway/core';
import { useState } from 'preact/hooks';
import { levelsOf } from '../pools/standing.ts';
import { changes } from '../state/changes.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { type Parts, partsOf, rebalanced, sharesOf, WHOLE } from './shares.ts';

export interface SharesFormProps {
  readonly pool: PoolStatus;
  readonly priority: number;
}

/** The shares of one level: whoever moves one moves the others, so that they always sum to the whole. */
export function SharesForm({ pool, priority }: SharesFormProps) {
  const [parts, setParts] = useState<Parts>(() =>
    partsOf(levelsOf(pool).find((level) => level.priority === priority)?.shares ?? {}),
  );
  const [moved, setMoved] = useState<ReadonlySet<string>>(new Set());

  function move(id: string, wanted: number): void {
    if (Number.isNaN(wanted)) return;
    setParts(rebalanced(parts, id, wanted, moved));
    setMoved(new Set([...moved, id]));
  }

  return (
    <ChangeDialog
      title={`Shares of ${pool.name}, level ${priority}`}
      verb="Change shares"
      request={changes.traffic(pool.name, { shares: sharesOf(parts) })}
    >
      <fieldset class="shares">
        <legend>They sum to 100 %: the others give way.</legend>
        {Object.entries(parts).map(([id, part]) => (
          <div class="share-field" key={id}>
            <span class="id">{id}</span>
            <input
              type="range"
              aria-label={`Share of ${id}`}
              aria-valuetext={`${part / 100} %`}
              min={0}
              max={WHOLE}
              step={100}
              value={part}
              onInput={({ currentTarget }) => move(id, currentTarget.valueAsNumber)}
            />
            <input
              type="number"
              aria-label={`Share of ${id}, per cent`}
              min={0}
              max={100}
              step={0.01}
              value={part / 100}
              onChange={({ currentTarget }) => move(id, currentTarget.valueAsNumber * 100)}
            />
            <span aria-hidden="true">%</span>
          </div>
        ))}
      </fieldset>
    </ChangeDialog>
  );
}
