import type { PoolStatus } from '@spillway/core';
import { useState } from 'preact/hooks';
import type { ChangeRequest } from '../state/api.ts';
import { changes } from '../state/changes.ts';
import { ChangeDialog } from './change-dialog.tsx';
import { Labelled, NumberField } from './field.tsx';
import { numberOf, percentOf, ratioOf } from './values.ts';

export interface TripFormProps {
  /** What is tripped: a backend of a pool, or a route. */
  readonly of: string;
  readonly requestOf: (durationMs: number) => ChangeRequest;
}

export function TripForm({ of, requestOf }: TripFormProps) {
  const [seconds, setSeconds] = useState('60');
  const duration = numberOf(seconds);
  return (
    <ChangeDialog
      title={`Trip ${of}`}
      verb="Trip"
      isDangerous
      request={duration === undefined ? undefined : requestOf(duration * 1_000)}
      hint="For how long?"
    >
      <NumberField
        label="For"
        name="durationMs"
        unit="seconds"
        value={seconds}
        onChange={setSeconds}
      />
    </ChangeDialog>
  );
}

export interface BackendFormProps {
  readonly pool: string;
  readonly backend: string;
}

export function DrainForm({ pool, backend }: BackendFormProps) {
  const [seconds, setSeconds] = useState('30');
  const timeout = numberOf(seconds);
  return (
    <ChangeDialog
      title={`Drain ${backend} of ${pool}`}
      verb="Drain and remove"
      isDangerous
      request={
        timeout === undefined
          ? undefined
          : changes.drain(pool, backend, { timeoutMs: timeout * 1_000 })
      }
      hint="How long may what it has take?"
    >
      <NumberField
        label="What it has is cut off after"
        name="timeoutMs"
        unit="seconds"
        value={seconds}
        onChange={setSeconds}
      />
    </ChangeDialog>
  );
}

export interface ShadowFormProps {
  readonly pool: PoolStatus;
  readonly backend: string;
}

export function ShadowForm({ pool, backend }: ShadowFormProps) {
  const present = pool.shadows.find((shadow) => shadow.backend === backend);
  const [per, setPer] = useState(String(percentOf(present?.proportion ?? 0.1)));
  const [methods, setMethods] = useState<'safe' | 'all'>(present?.methods ?? 'safe');
  const proportion = numberOf(per);
  return (
    <ChangeDialog
      title={`Shadow ${backend} of ${pool.name}`}
      verb={present === undefined ? 'Switch on' : 'Change'}
      request={
        proportion === undefined
          ? undefined
          : changes.shadow(pool.name, backend, { proportion: ratioOf(proportion), methods })
      }
      hint="How many of the requests?"
    >
      <div class="fields">
        <NumberField
          label="Copies of"
          name="proportion"
          unit="per cent of the requests"
          value={per}
          onChange={setPer}
          max={100}
        />
        <Labelled label="Which requests" name="methods">
          {(described) => (
            <select
              {...described}
              value={methods}
              onChange={({ currentTarget }) => setMethods(currentTarget.value as 'safe' | 'all')}
            >
              <option value="safe">GET, HEAD and OPTIONS</option>
              <option value="all">All: POST and the like then act twice</option>
            </select>
          )}
        </Labelled>
      </div>
    </ChangeDialog>
  );
}
