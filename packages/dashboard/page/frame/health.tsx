import { useEffect } from 'preact/hooks';
import type { Snapshot } from '../../src/contract.ts';
import { plural, sentence } from '../format.ts';
import { State } from './icon.tsx';

const TITLE = 'Spillway control room';

/** What an operator wants to know first; in the window's title, too, for those who look elsewhere. */
export function Health({ snapshot }: { readonly snapshot: Snapshot }) {
  const trouble = troubleOf(snapshot);
  const pools = Object.values(snapshot.status.pools);
  const rollouts = pools.reduce((sum, pool) => sum + pool.rollouts.length, 0);

  useEffect(() => {
    document.title = trouble === undefined ? TITLE : `${trouble} · ${TITLE}`;
  }, [trouble]);

  return (
    <div class="health">
      {trouble === undefined ? (
        <State icon="good" text="Nothing is tripped" />
      ) : (
        <State icon="bad" text={trouble} />
      )}
      {rollouts > 0 && (
        <State icon="leaving" text={sentence(`${plural(rollouts, 'rollout')} under way`)} />
      )}
    </div>
  );
}

/** `undefined` when nothing is tripped. */
function troubleOf({ status }: Snapshot): string | undefined {
  const backends = Object.values(status.pools).flatMap((pool) => pool.backends);
  const tripped = backends.filter(({ breaker }) => breaker && breaker.state !== 'closed').length;
  const open = Object.values(status.breakers).filter(({ state }) => state !== 'closed').length;
  const troubles = [
    ...(tripped > 0 ? [`${plural(tripped, 'backend')} tripped`] : []),
    ...(open > 0 ? [`${plural(open, 'route')} tripped`] : []),
  ];
  return troubles.length === 0 ? undefined : sentence(troubles.join(', '));
}
