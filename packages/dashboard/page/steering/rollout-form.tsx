import type { PoolStatus } from '@spillway/core';
import { useState } from 'preact/hooks';
import { levelsOf } from '../pools/standing.ts';
import { changes } from '../state/changes.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { Labelled, NumberField } from './field.tsx';
import { numberOf, ratioOf, stepsOf } from './values.ts';

/** A rollout within one of the pool's levels. */
export function RolloutForm({ pool }: { readonly pool: PoolStatus }) {
  const levels = levelsOf(pool).map(({ shares }) => Object.entries(shares));
  const candidates = levels.filter((shares) => shares.length > 1).flat();
  const least = candidates.toSorted(([, one], [, other]) => one - other)[0]?.[0] ?? '';
  const [to, setTo] = useState(least);
  const [steps, setSteps] = useState('1, 10, 50, 100');
  const [seconds, setSeconds] = useState('60');
  const [points, setPoints] = useState('5');
  const [latency, setLatency] = useState('');
  const [minimum, setMinimum] = useState('20');

  const shares = stepsOf(steps);
  const interval = numberOf(seconds);
  const failures = numberOf(points);
  const hint =
    candidates.length === 0
      ? 'No level of this pool has two backends to move traffic between.'
      : shares === undefined
        ? 'Steps are percentages with commas between them: 1, 10, 50, 100.'
        : interval === undefined || failures === undefined || numberOf(minimum) === undefined
          ? 'A number is missing.'
          : undefined;
  const request =
    hint === undefined && shares && interval !== undefined && failures !== undefined
      ? changes.rollOut(pool.name, {
          to,
          steps: shares,
          intervalMs: interval * 1_000,
          abort: {
            failureRatio: ratioOf(failures),
            minimumRequests: numberOf(minimum),
            latencyMs: numberOf(latency),
          },
        })
      : undefined;

  return (
    <ChangeDialog title={`Rollout in ${pool.name}`} verb="Start" request={request} hint={hint}>
      <div class="fields">
        <Labelled label="To" name="to">
          {(described) => (
            <select
              {...described}
              value={to}
              onChange={({ currentTarget }) => setTo(currentTarget.value)}
            >
              {candidates.map(([id]) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <Labelled label="Steps, per cent" name="steps">
          {(described) => (
            <input
              type="text"
              inputMode="decimal"
              {...described}
              value={steps}
              onInput={({ currentTarget }) => setSteps(currentTarget.value)}
            />
          )}
        </Labelled>
        <NumberField
          label="Each lasts at least"
          name="intervalMs"
          unit="seconds"
          value={seconds}
          onChange={setSeconds}
        />
        <NumberField
          label="Judged after"
          name="minimumRequests"
          unit="requests"
          value={minimum}
          onChange={setMinimum}
          min={1}
          step={1}
        />
        <NumberField
          label="Abort when failures exceed the others' by"
          name="failureRatio"
          unit="points"
          value={points}
          onChange={setPoints}
          max={100}
        />
        <NumberField
          label="Abort when its mean time exceeds theirs by"
          name="latencyMs"
          unit="milliseconds"
          value={latency}
          onChange={setLatency}
          note="Empty: no limit."
        />
      </div>
    </ChangeDialog>
  );
}
