import type { LimitConcurrencyOptions } from '@spillway/express';
import { twoAtOnce } from './service.ts';

const JOBS = 20;
const JOB_MS = 20_000;
/** The last jobs still wait for their turn then; the two that are at work have patient callers. */
const PATIENCE_MS = 110_000;
const IMPATIENT_CALLERS = 8;

/** The replay's numbers, with every duration divided by `speed`. */
export interface Scenario {
  readonly speed: number;
  readonly jobs: number;
  readonly jobMs: number;
  readonly limit: LimitConcurrencyOptions;
  /** After this time without an answer an impatient caller gives up, once, and sends its job again. */
  readonly patienceMs: number;
  /** The last ones, whose jobs would begin when two minutes have passed. */
  readonly impatientCallers: number;
}

/** 1 is real time. */
export function scenarioAt(speed: number): Scenario {
  const scaled = (ms: number) => Math.round(ms / speed);
  const { timeoutMs, abandonMs } = twoAtOnce;
  return {
    speed,
    jobs: JOBS,
    jobMs: scaled(JOB_MS),
    limit: {
      ...twoAtOnce,
      timeoutMs: scaled(timeoutMs),
      abandonMs: scaled(abandonMs),
    },
    patienceMs: scaled(PATIENCE_MS),
    impatientCallers: IMPATIENT_CALLERS,
  };
}

/** A duration of the run as the replay's own clock has it: `3:20` is 200 s. */
export function clockFace(ms: number, { speed }: Scenario): string {
  const seconds = Math.round((ms * speed) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
