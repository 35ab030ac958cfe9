import type { PoolStatus, RolloutReport } from '@spillway/core';
import type { LogEntry } from '../../src/contract.ts';
import { count, milliseconds, NONE, percent, timeOfDay, words } from '../format.ts';
import type { IconName } from '../frame/icon.tsx';
import { State } from '../frame/icon.tsx';
import { useRoom } from '../state/room.ts';
import { SteerButton } from '../steering/steer-button.tsx';

const SHOWN = 8;

/** Rollouts that are under way, and what was decided: each decision with the values behind it. */
export function Rollouts({ pool }: { readonly pool: PoolStatus }) {
  const room = useRoom();
  const decided = room.log.value.filter(
    (entry) => entry.kind === 'rollout' && entry.pool === pool.name,
  );
  if (pool.rollouts.length === 0 && decided.length === 0 && !room.maySteer.value) return null;
  return (
    <section class="part" aria-label={`Rollouts of ${pool.name}`}>
      <header>
        <h4>Rollouts</h4>
        <SteerButton
          steering={{ kind: 'rollout', pool: pool.name }}
          text="Start a rollout"
          of={`in ${pool.name}`}
        />
      </header>
      {pool.rollouts.map((rollout) => (
        <UnderWay key={rollout.to} pool={pool.name} rollout={rollout} />
      ))}
      {decided.length === 0 ? (
        <p class="muted">None so far.</p>
      ) : (
        <Decisions entries={decided.slice(-SHOWN).reverse()} />
      )}
    </section>
  );
}

interface UnderWayProps {
  readonly pool: string;
  readonly rollout: PoolStatus['rollouts'][number];
}

function UnderWay({ pool, rollout }: UnderWayProps) {
  const { to, state, share } = rollout;
  const isPaused = state === 'paused';
  return (
    <div class="rollout">
      <div class="rollout-head">
        <span class="id">{to}</span>
        <State icon={isPaused ? 'warning' : 'good'} text={state} />
        <b class="figures">{percent(share)}</b>
        <span class="buttons">
          <SteerButton
            steering={{ kind: 'steer-rollout', pool, to, verb: isPaused ? 'resume' : 'pause' }}
            text={isPaused ? 'Resume' : 'Pause'}
            of={`the rollout to ${to}`}
          />
          <SteerButton
            steering={{ kind: 'steer-rollout', pool, to, verb: 'abort' }}
            text="Abort"
            of={`the rollout to ${to}`}
          />
        </span>
      </div>
      <progress max={1} value={share} aria-label={`Share of ${to}`} />
      <Evidence report={rollout} />
    </div>
  );
}

/** The new backend in the step that is judged, beside the old ones since the rollout began. */
function Evidence({ report }: { readonly report: RolloutReport }) {
  return (
    <table class="evidence">
      <thead>
        <tr>
          <td />
          <th scope="col" class="number">
            Requests
          </th>
          <th scope="col" class="number">
            Failed
          </th>
          <th scope="col" class="number">
            Mean time
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">new, this step</th>
          <td class="number">{count(report.requests)}</td>
          <td class="number">{ratio(report.failureRatio)}</td>
          <td class="number">{time(report.latencyMs)}</td>
        </tr>
        <tr>
          <th scope="row">old, so far</th>
          <td class="number">{count(report.oldRequests)}</td>
          <td class="number">{ratio(report.oldFailureRatio)}</td>
          <td class="number">{time(report.oldLatencyMs)}</td>
        </tr>
      </tbody>
    </table>
  );
}

// What is undefined in the process is absent, or null, over the wire.
const ratio = (value: number | null | undefined) => (value == null ? NONE : percent(value));
const time = (value: number | null | undefined) => (value == null ? NONE : milliseconds(value));

const ICONS: Readonly<Record<string, IconName>> = {
  abort: 'bad',
  supersede: 'warning',
  hold: 'idle',
  pause: 'warning',
};

function Decisions({ entries }: { readonly entries: readonly LogEntry[] }) {
  return (
    <ol class="decisions">
      {entries.map((entry) => (
        <li key={`${entry.at}:${entry.id}`}>
          <Decision entry={entry} />
        </li>
      ))}
    </ol>
  );
}

function Decision({ entry }: { readonly entry: LogEntry }) {
  const report = entry.details as RolloutReport | undefined;
  const when = <time class="muted figures">{timeOfDay(entry.at)}</time>;
  if (report?.decision === undefined) {
    return (
      <>
        {when} {entry.text}
      </>
    );
  }
  const { to, decision, share, reason } = report;
  return (
    <>
      {when}
      <State icon={ICONS[decision] ?? 'good'} text={words(decision)} />
      <span class="id">{to}</span>
      <b class="figures">{percent(share)}</b>
      <span class="reason">
        {reason}
        <span class="muted figures">
          {` · new: ${count(report.requests)} requests, ${ratio(report.failureRatio)} failed, ${time(report.latencyMs)}`}
          {` · old: ${count(report.oldRequests)}, ${ratio(report.oldFailureRatio)}, ${time(report.oldLatencyMs)}`}
        </span>
      </span>
    </>
  );
}
