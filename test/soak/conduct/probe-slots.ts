import { setTimeout as after } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Questioned } from '../questions.ts';
import { HOLD } from '../service/handlers.ts';
import { BREAKER_INTERVAL_MS } from '../service/policies.ts';
import type { ServiceAnswers } from '../service/service.ts';
import { KEY, pathOf } from '../wire.ts';
import type { SlotProbe } from './measurements.ts';

const PATIENCE_MS = 15_000;
const POLL_MS = 10;
const nothing = { id: 0, bodyBytes: 0, answerBytes: 20, pieces: 1, workMs: 0, refusal: 0 };

/** Sends a gate one request more than it has slots, has them held, and looks how many run when all have come. */
export async function probeSlots(
  url: string,
  service: Questioned<ServiceAnswers>,
  gate: string,
  slots: number,
): Promise<SlotProbe> {
  const dispatcher = new Agent();
  const call = async (headers: Record<string, string> = {}) => {
    const path = `${url}/${gate}?${pathOf(nothing)}`;
    const answer = await request(path, { dispatcher, headers: { ...headers, [KEY]: 'probe' } });
    await answer.body.dump();
  };
  const look = async () => {
    const { spillway, books } = await service.ask('status', undefined);
    return {
      breaker: spillway.breakers[gate]?.state,
      running: spillway.gates[gate]?.running ?? 0,
      arrived: books[gate]?.arrived ?? 0,
    };
  };
  const until = performance.now() + PATIENCE_MS;
  /** Resolves when what is held, which fails, cannot trip it. */
  const breakerAtRest = async () => {
    for (;;) {
      const { breaker } = await look();
      if (breaker === undefined) return;
      await after(BREAKER_INTERVAL_MS);
      if (breaker === 'closed' || performance.now() > until) return;
      // A trial, which closes it.
      await call();
    }
  };
  try {
    await breakerAtRest();
    const { arrived: before } = await look();
    const calls = Array.from({ length: slots + 1 }, () => call({ [HOLD]: '1' }));
    const all = Promise.allSettled(calls);
    let seen = await look();
    while (
      (seen.running < slots || seen.arrived < before + calls.length) &&
      performance.now() < until
    ) {
      await after(POLL_MS);
      seen = await look();
    }
    // The one that waited is held, too, when it gets its slot; a service that is lost fails them all.
    const release = () => service.ask('release', undefined).catch(() => {});
    const releasing = setInterval(release, POLL_MS);
    await all;
    clearInterval(releasing);
    return { gate, slots, taken: seen.running };
  } finally {
    await dispatcher.destroy();
  }
}
