import { Header } from './frame/header.tsx';
import { Health } from './frame/health.tsx';
import { Announcer } from './log/announcer.tsx';
import { EventLog } from './log/log.tsx';
import { PoolCard } from './pools/pool.tsx';
import { Routes } from './routes/routes.tsx';
import { Scalers } from './routes/scalers.tsx';
import { useRoom } from './state/room.ts';
import { SteeringDialog } from './steering/steering-dialog.tsx';

/** The control room. */
export function App() {
  const room = useRoom();
  const isOld = room.snapshot.value !== undefined && room.link.value !== 'live';
  return (
    <>
      <Header />
      {room.problem.value !== undefined && (
        <p class="banner" role="alert">
          {room.problem.value}
        </p>
      )}
      <div class={isOld ? 'room old' : 'room'}>
        <main id="main" tabIndex={-1}>
          <Overview />
        </main>
        <aside aria-label="What has happened">
          <EventLog />
        </aside>
      </div>
      <p class="notice" role="status">
        {room.notice.value !== undefined && <span>{room.notice.value}</span>}
      </p>
      <Announcer />
      <SteeringDialog />
    </>
  );
}

function Overview() {
  const snapshot = useRoom().snapshot.value;
  if (snapshot === undefined) return <p class="muted">Waiting for the service.</p>;
  const { status, scalers } = snapshot;
  const pools = Object.values(status.pools);
  const hasRoutes = Object.keys({ ...status.gates, ...status.breakers }).length > 0;
  const autoscalers = Object.values(scalers);
  return (
    <>
      <Health snapshot={snapshot} />
      {pools.length > 0 && (
        <section aria-labelledby="pools-title">
          <h2 id="pools-title">Pools</h2>
          <div class="cards">
            {pools.map((pool) => (
              <PoolCard key={pool.name} pool={pool} />
            ))}
          </div>
        </section>
      )}
      {hasRoutes && (
        <section aria-labelledby="routes-title">
          <h2 id="routes-title">Routes</h2>
          <Routes status={status} />
        </section>
      )}
      {autoscalers.length > 0 && (
        <section aria-labelledby="scalers-title">
          <h2 id="scalers-title">Autoscaling</h2>
          <Scalers scalers={autoscalers} />
        </section>
      )}
      {pools.length === 0 && !hasRoutes && (
        <p class="muted">There is no pool and no protected route.</p>
      )}
    </>
  );
}
