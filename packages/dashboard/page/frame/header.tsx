import type { Snapshot } from '../../src/contract.ts';
import { duration, percent } from '../format.ts';
import { type Link, useRoom } from '../state/room.ts';
import { type IconName, State } from './icon.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** Where this is, who looks, and whether what is shown is of now. */
export function Header() {
  const room = useRoom();
  const snapshot = room.snapshot.value;
  const session = room.session.value;
  return (
    <header class="head">
      <a class="skip" href="#main">
        Skip to the pools
      </a>
      <div class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M6 10h8c5 0 3 12 12 12M6 16h5c4 0 3 6 8 6" />
        </svg>
        <h1>
          Spillway <span class="muted">control room</span>
        </h1>
      </div>
      {snapshot !== undefined && <Instance snapshot={snapshot} />}
      <div class="head-end">
        <LinkState />
        {session !== undefined && (
          <span class="who">
            {session.name}{' '}
            <span class="badge">
              {session.role}
              {session.role === 'viewer' && ': looks, does not steer'}
            </span>
          </span>
        )}
        <ThemeSwitch />
      </div>
    </header>
  );
}

function Instance({
  snapshot: { instance, at, startedAt, status },
}: {
  readonly snapshot: Snapshot;
}) {
  return (
    <dl class="instance">
      <div>
        <dt>Instance</dt>
        <dd class="id">{instance}</dd>
      </div>
      <div>
        <dt>Up</dt>
        <dd>{duration(at - startedAt)}</dd>
      </div>
      <div>
        <dt>Processor</dt>
        <dd>{percent(status.processor.useRatio)}</dd>
      </div>
      {status.shuttingDown && (
        <div>
          <dt>State</dt>
          <dd class="tone-bad">shutting down</dd>
        </div>
      )}
    </dl>
  );
}

const LINKS: Readonly<Record<Link, readonly [IconName, (ageMs: number) => string]>> = {
  connecting: ['idle', () => 'Connecting'],
  live: ['good', () => 'Live'],
  stale: ['warning', (ageMs) => `Stale: last heard ${duration(ageMs)} ago`],
  lost: [
    'bad',
    (ageMs) => `Connection lost${ageMs > 0 ? `, last heard ${duration(ageMs)} ago` : ''}`,
  ],
  refused: ['bad', () => 'Not let in'],
};

function LinkState() {
  const room = useRoom();
  const [icon, textOf] = LINKS[room.link.value];
  return (
    <span class="link-state">
      <State icon={icon} text={textOf(room.ageMs.value)} />
    </span>
  );
}
