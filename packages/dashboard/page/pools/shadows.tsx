import type { Mismatch, PoolStatus, ShadowStatus } from '@spillway/core';
import { count, percent } from '../format.ts';
import { Figure } from '../frame/service-level.tsx';
import { SteerButton } from '../steering/steer-button.tsx';

/** Where copies of a pool's requests go, and how their answers differed. */
export function Shadows({ pool }: { readonly pool: PoolStatus }) {
  if (pool.shadows.length === 0) return null;
  return (
    <section class="part" aria-label={`Shadows of ${pool.name}`}>
      <header>
        <h4>Shadows</h4>
      </header>
      {pool.shadows.map((shadow) => (
        <ShadowOf key={shadow.backend} pool={pool.name} shadow={shadow} />
      ))}
    </section>
  );
}

interface ShadowProps {
  readonly pool: string;
  readonly shadow: ShadowStatus;
}

function ShadowOf({ pool, shadow }: ShadowProps) {
  const { backend, proportion, methods, inFlight, requests, compared, mismatches, samples } =
    shadow;
  const { dropped, cancelled: _, ...answered } = requests;
  const sent = Object.values(answered).reduce((sum, value) => sum + value, 0);
  const failed = sent - answered.success - answered.client_error;
  return (
    <div class="shadow">
      <div class="rollout-head">
        <span class="id">{backend}</span>
        <span>
          copies of <b class="figures">{percent(proportion)}</b>
          {methods === 'safe' ? ' of GET, HEAD and OPTIONS' : ' of all methods'}
        </span>
        <span class="buttons">
          <SteerButton
            steering={{ kind: 'shadow', pool, backend }}
            text="Change"
            of={`the shadow ${backend}`}
          />
          <SteerButton
            steering={{ kind: 'end-shadow', pool, backend }}
            text="Switch off"
            of={`the shadow ${backend}`}
          />
        </span>
      </div>
      <dl class="stats">
        <Figure name="Under way">{count(inFlight)}</Figure>
        <Figure name="Answered">{count(sent)}</Figure>
        <Figure name="Failed">{count(failed)}</Figure>
        <Figure name="Dropped">{count(dropped)}</Figure>
        <Figure name="Compared">{count(compared)}</Figure>
        <Figure name="Mismatches" alarming={mismatches > 0}>
          {count(mismatches)}
        </Figure>
      </dl>
      {samples.length > 0 && <Samples samples={samples} />}
    </div>
  );
}

function Samples({ samples }: { readonly samples: readonly Mismatch[] }) {
  return (
    <details>
      <summary>The latest mismatches</summary>
      <ul class="samples">
        {samples.map(({ method, path, reason, primaryStatus, shadowStatus }, index) => (
          // Two mismatches may be alike in all they say.
          <li key={index}>
            <span class="id">
              {method} {path}
            </span>{' '}
            {reason}{' '}
            <span class="muted figures">
              ({primaryStatus}, shadow {shadowStatus})
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
