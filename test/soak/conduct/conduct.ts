import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { lastingPorts } from '../../support/lasting-ports.ts';
import { KINDS, OUTCOMES } from '../kinds.ts';
import type { Counts, LoadAnswers, LoadInput } from '../load/load.ts';
import type { Options } from '../options.ts';
import { Questioned } from '../questions.ts';
import { type Place, SLOTS } from '../service/policies.ts';
import type { ServiceAnswers, ServiceInput } from '../service/service.ts';
import { readAccount } from './account.ts';
import { Chaos } from './chaos.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { Measurements, Sample, SlotProbe } from './measurements.ts';
import { probeSlots } from './probe-slots.ts';
import { endByItself, restingCount, restingState, restingVitals } from './rest.ts';
import { Sampling } from './sampling.ts';

const serviceFile = new URL('../service/service.ts', import.meta.url);
const loadFile = new URL('../load/load.ts', import.meta.url);

/** Five, and one that is given copies alone. */
const BACKENDS = 6;

/** What is known while it runs, for those who watch. */
export interface Progress {
  readonly sample: Sample;
  readonly strikes: number;
}

/** The processes of a soak beside the callers. */
interface Stage {
  readonly options: Options;
  readonly fleet: Fleet;
  readonly service: Questioned<ServiceAnswers>;
  readonly url: string;
  /** The callers' ledger. */
  readonly ledger: string;
}

/** Starts everything, lets load and chaos run, and measures until the last process has ended. */
export async function conduct(
  options: Options,
  onProgress: (progress: Progress) => void,
): Promise<Measurements> {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Whatever ends it.
  process.once('exit', remove);
  try {
    const fleet = await startFleet(folder, await lastingPorts(BACKENDS));
    const service = await startService(options, fleet);
    const url = `http://127.0.0.1:${await service.ask('port', undefined)}`;
    const stage = { options, fleet, service, url, ledger: join(folder, 'callers.ledger') };
    const before = await service.ask('vitals', undefined);
    const loaded = await underLoad(stage, onProgress);
    return { options, before, ...loaded, ...(await afterLoad(stage, before)) };
  } finally {
    remove();
    process.off('exit', remove);
  }
}

function startService({ framework, sabotages }: Options, { five, candidate }: Fleet) {
  const place = ({ id, url }: Place): Place => ({ id, url });
  const input = { framework, backends: five.map(place), candidate: place(candidate), sabotages };
  return Questioned.start<ServiceAnswers>(serviceFile, input satisfies ServiceInput, [
    '--expose-gc',
  ]);
}

async function underLoad(stage: Stage, onProgress: (progress: Progress) => void) {
  const { options, fleet, service, url, ledger } = stage;
  const { seed, callers, rate, requests, durationMs } = options;
  const input: LoadInput = { url, seed, callers, rate, requests, ledger };
  const load = await Questioned.start<LoadAnswers>(loadFile, input);
  const chaos = new Chaos(fleet, service, seed + 1);
  const startedAt = Date.now();
  await load.ask('begin', undefined);
  const finished = load.ask('finished', undefined);
  const struck = chaos.run();
  const sampling = new Sampling({
    url,
    service,
    load,
    startedAt,
    onSample: (sample) => onProgress({ sample, strikes: chaos.strikes.length }),
  });
  const ending = new AbortController();
  try {
    if (requests === undefined) {
      const over = after(durationMs, undefined, { signal: ending.signal });
      await service.during(Promise.race([over, finished]));
      await load.ask('stop', undefined);
    }
    const { counts, surprises, cutOffs } = await service.during(finished);
    const loadMs = Date.now() - startedAt;
    await sampling.end();
    chaos.end();
    await struck;
    load.process.disconnect();
    await load.end;
    const { strikes, changes } = chaos;
    const troubles = [...chaos.troubles, ...sampling.troubles];
    return {
      ...{ startedAt, loadMs, counts: byName(counts), surprises, cutOffs },
      ...{ strikes, changes, troubles, samples: sampling.samples },
    };
  } finally {
    // Where a process has ended that should not: chaos would start backends anew for ever.
    ending.abort();
    chaos.end();
    await Promise.allSettled([struck, sampling.end()]);
  }
}

/** What can only be seen when nothing is at work any more. */
async function afterLoad({ fleet, service, url, ledger }: Stage, before: Measurements['before']) {
  const state = await restingState(service);
  const unanswered: Record<string, number> = {};
  for (const backend of fleet.all) {
    unanswered[backend.id] = await restingCount(() => backend.running());
  }
  const probes: SlotProbe[] = [];
  for (const gate of ['limited', 'keyed', 'protected'] as const) {
    probes.push(await probeSlots(url, service, gate, SLOTS[gate]));
  }
  // With the backends their connections go, so that only what leaks is left.
  await Promise.all(fleet.all.map((backend) => backend.leave()));
  const atRest = await restingVitals(service, before);
  const { complaints } = await service.ask('status', undefined);
  await service.ask('shutdown', undefined);
  const end = await endByItself(service);
  const account = readAccount(ledger, fleet.all, fleet.candidate.id);
  return { after: atRest, state: { ...state, complaints }, unanswered, probes, account, end };
}

function byName(counts: Counts): Measurements['counts'] {
  return Object.fromEntries(
    KINDS.map(({ name }, kind) => [
      name,
      Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome, counts[kind]?.[index] ?? 0])),
    ]),
  );
}
