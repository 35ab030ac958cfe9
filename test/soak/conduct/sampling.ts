import { setTimeout as after } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { OUTCOMES } from '../kinds.ts';
import type { Counts, LoadAnswers } from '../load/load.ts';
import type { Questioned } from '../questions.ts';
import type { ServiceAnswers } from '../service/service.ts';
import type { Sample } from './measurements.ts';

/** What operators ask of a service while it works. Readiness may say that a queue is too long. */
const ASKED = { '/metrics': [200], '/livez': [200], '/readyz': [200, 429] } as const;

/** Each sample costs the service a garbage collection; a short soak needs some all the same. */
const OFTEN_MS = 500;
const SELDOM_MS = 2_000;
const SHORT_MS = 30_000;

export interface SamplingOptions {
  readonly url: string;
  readonly service: Questioned<ServiceAnswers>;
  readonly load: Questioned<LoadAnswers>;
  readonly startedAt: number;
  readonly onSample: (sample: Sample) => void;
}

/** Looks at the service again and again until it is told to {@link end}. */
export class Sampling {
  readonly samples: Sample[] = [];
  /** Probes and scrapes that were not answered as they should be. */
  readonly troubles: string[] = [];
  readonly #options: SamplingOptions;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: SamplingOptions) {
    this.#options = options;
    this.#running = this.#run();
    // Told by `end`.
    this.#running.catch(() => {});
  }

  /** @throws what has kept it from looking on */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { startedAt, onSample } = this.#options;
    const dispatcher = new Agent();
    const pause = (ms: number) =>
      after(Math.max(0, ms), true, { signal: this.#ended.signal }).catch(() => false);
    for (let dueMs = OFTEN_MS; await pause(startedAt + dueMs - Date.now()); ) {
      dueMs += dueMs < SHORT_MS ? OFTEN_MS : SELDOM_MS;
      const sample = await this.#take();
      this.samples.push(sample);
      onSample(sample);
      await this.#probe(dispatcher);
    }
    await dispatcher.destroy();
  }

  async #take(): Promise<Sample> {
    const { service, load, startedAt } = this.#options;
    const [vitals, { ended, counts }] = await Promise.all([
      service.ask('vitals', undefined),
      load.ask('counts', undefined),
    ]);
    return { ...vitals, at: Date.now() - startedAt, ended, outcomes: byOutcome(counts) };
  }

  async #probe(dispatcher: Agent): Promise<void> {
    for (const [path, statuses] of Object.entries(ASKED)) {
      const answered = await request(this.#options.url + path, { dispatcher }).then(
        async ({ statusCode, body }) => {
          await body.dump();
          return statusCode;
        },
        (error: Error) => error.message,
      );
      if ((statuses as readonly unknown[]).includes(answered)) continue;
      this.troubles.push(`${path} was answered with ${answered}`);
    }
  }
}

function byOutcome(counts: Counts): number[] {
  return OUTCOMES.map((_, index) => counts.reduce((sum, ofKind) => sum + (ofKind[index] ?? 0), 0));
}
