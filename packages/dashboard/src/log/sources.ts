import type { Engine, EngineEvents } from '@spillway/node-http';
import type { ScalerDecision, ScalerView } from '../options.ts';
import type { EventLog } from './event-log.ts';
import { notePool, tripped } from './pool-events.ts';

/** Has everything that tells something noted, now and of pools that are made later. @returns what ends it */
export function noteEvents(
  engine: Engine,
  scalers: Readonly<Record<string, ScalerView>>,
  log: EventLog,
): () => void {
  const ends = Array.from(engine.pools.values(), (pool) => notePool(pool, log));
  const onPool = (...[pool]: EngineEvents['pool']) => void ends.push(notePool(pool, log));
  const onTrip = ({ policy, ...trip }: EngineEvents['trip'][0]) =>
    log.add({ kind: 'trip', policy, text: `${policy} ${tripped(trip)}` });
  const onRecover = ({ policy }: EngineEvents['recover'][0]) =>
    log.add({ kind: 'recover', policy, text: `${policy} lets requests through again` });
  const onShutdown = () =>
    log.add({ kind: 'shutdown', text: 'the service shuts down, and is unready from now on' });
  engine.on('pool', onPool).on('trip', onTrip).on('recover', onRecover).on('shutdown', onShutdown);
  ends.push(() => {
    engine.off('pool', onPool).off('trip', onTrip).off('recover', onRecover);
    engine.off('shutdown', onShutdown);
  });
  for (const [name, scaler] of Object.entries(scalers)) ends.push(noteScaler(name, scaler, log));
  return () => {
    for (const end of ends) end();
  };
}

function noteScaler(policy: string, scaler: ScalerView, log: EventLog): () => void {
  const onDecision = (decision: ScalerDecision) => {
    const { action, reason, count, target } = decision;
    if (action === 'hold') return;
    const text = `${policy} scales from ${count} to ${target}: ${reason}`;
    log.add({ kind: 'scale', policy, text, details: { ...decision } });
  };
  scaler.on('decision', onDecision);
  return () => void scaler.off('decision', onDecision);
}
