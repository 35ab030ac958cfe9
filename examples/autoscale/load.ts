import { setTimeout as sleep } from 'node:timers/promises';
import { rateAt, type Scenario } from './scenario.ts';

/** What one caller saw. Times are milliseconds since the start of the load. */
export interface Call {
  readonly at: number;
  readonly durationMs: number;
  /** 0 when there was no answer. */
  readonly status: number;
}

export interface LoadOptions {
  readonly origin: string;
  readonly scenario: Scenario;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onCall: (call: Call) => void;
}

/** Callers that come at random moments, more and fewer of them, whether others wait or not. */
export async function sendLoad(options: LoadOptions): Promise<void> {
  const { origin, scenario, random, signal, onCall } = options;
  const startedAt = performance.now();
  const calls: Promise<void>[] = [];
  let dueAt = 0;
  for (let number = 0; ; number++) {
    dueAt += (-Math.log(1 - random()) / rateAt(dueAt, scenario)) * 1_000;
    if (dueAt >= scenario.durationMs) break;
    const early = dueAt - (performance.now() - startedAt);
    if (early > 0) await sleep(early, undefined, { signal });
    signal.throwIfAborted();
    calls.push(ask(`${origin}/hash/${number}`, startedAt).then(onCall));
  }
  await Promise.all(calls);
}

async function ask(url: string, startedAt: number): Promise<Call> {
  const askedAt = performance.now();
  let status = 0;
  try {
    const answer = await fetch(url);
    const hash = await answer.text();
    // Half of an answer would be none.
    status = answer.ok && hash.length !== 64 ? 0 : answer.status;
  } catch {
    // It stays 0: nobody answered.
  }
  return { at: askedAt - startedAt, durationMs: performance.now() - askedAt, status };
}
