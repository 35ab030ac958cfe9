import { hostname } from 'node:os';
import type { Engine } from '@spillway/node-http';
import type { Snapshot } from './contract.ts';
import { History } from './history/history.ts';
import { INTERVAL_MS, Sampler } from './history/sampler.ts';
import { EventLog } from './log/event-log.ts';
import { noteEvents } from './log/sources.ts';
import { Spillovers } from './log/spillovers.ts';
import type { ReadDashboardOptions } from './options.ts';
import { Streams } from './stream/streams.ts';

/** What one control room knows: the state, its history, a log, and who listens. It ends with its engine. */
export class ControlRoom {
  readonly engine: Engine;
  readonly log: EventLog;
  readonly history = new History();
  readonly sampler: Sampler;
  readonly streams: Streams;
  readonly #scalers: ReadDashboardOptions['scalers'];
  readonly #instance = `${process.pid}@${hostname()}`;
  readonly #startedAt = Date.now();
  /** The clock's times have an origin of their own. */
  readonly #epochAt: (now: number) => number;

  constructor(engine: Engine, { scalers, maxStreams }: ReadDashboardOptions) {
    const { clock, pools } = engine;
    const origin = this.#startedAt - clock.now();
    this.engine = engine;
    this.#scalers = scalers;
    this.#epochAt = (now) => Math.round(origin + now);
    this.log = new EventLog(
      () => this.#epochAt(clock.now()),
      (id, json) => this.streams.hasMore('log', id, json),
    );
    const spillovers = new Spillovers(pools, this.log);
    this.sampler = new Sampler(engine, clock, this.#epochAt, (point) => {
      spillovers.note(INTERVAL_MS / 1_000);
      const json = this.history.add(point);
      this.streams.hasMore('point', this.history.latest, json);
    });
    this.streams = new Streams({
      clock,
      maxStreams,
      log: this.log,
      history: this.history,
      snapshot: () => this.snapshot(),
    });
    const stopNoting = noteEvents(engine, scalers, this.log);
    engine.once('closing', () => {
      this.sampler.stop();
      this.streams.close();
      stopNoting();
    });
  }

  /** The state as it is now, as JSON. */
  snapshot(): string {
    const snapshot: Omit<Snapshot, 'scalers'> = {
      at: this.#epochAt(this.engine.clock.now()),
      instance: this.#instance,
      startedAt: this.#startedAt,
      status: this.engine.status(),
      received: this.sampler.received(),
    };
    return `${JSON.stringify(snapshot).slice(0, -1)},"scalers":${this.#scalerStatuses()}}`;
  }

  /**
   * As JSON. They are the application's: one that fails, or gives what is no JSON, is left out, and
   * nothing else fails for it.
   */
  #scalerStatuses(): string {
    const statuses = Object.entries(this.#scalers).flatMap(([name, scaler]) => {
      try {
        const json: string | undefined = JSON.stringify(scaler.status());
        return json === undefined ? [] : [`${JSON.stringify(name)}:${json}`];
      } catch {
        return [];
      }
    });
    return `{${statuses.join(',')}}`;
  }
}
