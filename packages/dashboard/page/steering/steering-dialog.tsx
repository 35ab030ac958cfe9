import type { PoolStatus } from '@spillway/core';
import { changes } from '../state/changes.ts';
import { useRoom } from '../state/room.ts';
import { DrainForm, ShadowForm, TripForm } from './backend-forms.tsx';
import { ChangeDialog } from './change-dialog.tsx';
import { RolloutForm } from './rollout-form.tsx';
import { SharesForm } from './shares-form.tsx';
import type { Steering } from './steering.ts';

/** The dialog of the change that an operator is about to make. */
export function SteeringDialog() {
  const room = useRoom();
  const steering = room.steering.value;
  if (steering === undefined) return null;
  if ('route' in steering) return <RouteDialog {...steering} />;
  // What it is about is looked at once, when the dialog opens.
  const pool = room.snapshot.peek()?.status.pools[steering.pool];
  return pool === undefined ? null : <PoolDialog steering={steering} pool={pool} />;
}

function RouteDialog({ kind, route }: Extract<Steering, { route: string }>) {
  if (kind === 'trip-route') {
    return (
      <TripForm of={route} requestOf={(durationMs) => changes.tripRoute(route, { durationMs })} />
    );
  }
  return (
    <ChangeDialog
      title={`Close the breaker of ${route}`}
      verb="Close"
      request={changes.closeRoute(route)}
    />
  );
}

interface PoolDialogProps {
  readonly steering: Exclude<Steering, { route: string }>;
  readonly pool: PoolStatus;
}

const ROLLOUT_VERBS = { pause: 'Pause', resume: 'Resume', abort: 'Abort' } as const;

function PoolDialog({ steering, pool }: PoolDialogProps) {
  const { name } = pool;
  switch (steering.kind) {
    case 'shares':
      return <SharesForm pool={pool} priority={steering.priority} />;
    case 'rollout':
      return <RolloutForm pool={pool} />;
    case 'steer-rollout':
      return (
        <ChangeDialog
          title={`${ROLLOUT_VERBS[steering.verb]} the rollout to ${steering.to} in ${name}`}
          verb={ROLLOUT_VERBS[steering.verb]}
          isDangerous={steering.verb === 'abort'}
          request={changes.steerRollout(name, steering.to, steering.verb)}
        />
      );
    case 'drain':
      return <DrainForm pool={name} backend={steering.backend} />;
    case 'trip':
      return (
        <TripForm
          of={`${steering.backend} of ${name}`}
          requestOf={(durationMs) => changes.trip(name, steering.backend, { durationMs })}
        />
      );
    case 'close':
      return (
        <ChangeDialog
          title={`Close the breaker of ${steering.backend} of ${name}`}
          verb="Close"
          request={changes.close(name, steering.backend)}
        />
      );
    case 'shadow':
      return <ShadowForm pool={pool} backend={steering.backend} />;
    case 'end-shadow':
      return (
        <ChangeDialog
          title={`Switch the shadow ${steering.backend} of ${name} off`}
          verb="Switch off"
          request={changes.shadow(name, steering.backend, { proportion: 0 })}
        />
      );
  }
}
