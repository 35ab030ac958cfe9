import type { ScalerStatus } from '../../src/contract.ts';
import { count, decimal, duration, NONE, words } from '../format.ts';
import { State } from '../frame/icon.tsx';
import { Figure } from '../frame/service-level.tsx';

/** Autoscalers: how many instances there are, and what their rules go by. */
export function Scalers({ scalers }: { readonly scalers: readonly ScalerStatus[] }) {
  return (
    <div class="card">
      {scalers.map((scaler) => (
        <Scaler key={scaler.name} scaler={scaler} />
      ))}
    </div>
  );
}

function Scaler({ scaler }: { readonly scaler: ScalerStatus }) {
  const { name, running, min, max, count: instances, target, sample, scaleOut, scaleIn } = scaler;
  const failures = Object.entries(scaler.failures).filter(([, value]) => value > 0);
  const cooldownMs = Math.max(scaleOut.cooldownMs, scaleIn.cooldownMs);
  return (
    <article class="route" aria-label={`Autoscaler ${name}`}>
      <header class="card-head">
        <h3 class="id">{name}</h3>
        <State icon={running ? 'good' : 'idle'} text={running ? 'running' : 'stopped'} />
        <dl class="stats">
          <Figure name="Instances">
            {instances == null ? NONE : count(instances)}
            {target != null && ` → ${count(target)}`}
            <small class="muted">
              {' '}
              {count(min)} to {count(max)}
            </small>
          </Figure>
          <Figure name="Metric">{optional(sample)}</Figure>
          <Figure name="Average, to scale out">{optional(scaleOut.average)}</Figure>
          <Figure name="Average, to scale in">{optional(scaleIn.average)}</Figure>
          <Figure name="Cooldown">{cooldownMs > 0 ? duration(cooldownMs) : NONE}</Figure>
          {failures.map(([asked, value]) => (
            <Figure key={asked} name={`No answer: ${words(asked)}`} alarming>
              {count(value)}
            </Figure>
          ))}
        </dl>
      </header>
      <p class="muted figures">
        Decisions:{' '}
        {Object.entries(scaler.decisions)
          .filter(([, value]) => value > 0)
          .map(([reason, value]) => `${words(reason)} ${count(value)}`)
          .join(', ') || 'none yet'}
      </p>
    </article>
  );
}

const optional = (value: number | null | undefined) => (value == null ? NONE : decimal(value));
