import {
  Deadlines,
  Pool,
  type PoolConfig,
  type PoolContext,
  type PoolOptions,
} from '@spillway/core';
import { ActiveRequests } from './active-requests.ts';
import { HttpBackend } from './http-backend.ts';
import { Likeness } from './in-process.ts';

type Timeouts = PoolConfig['timeouts'];

/** How long the rest of an answer that nobody wants may take before its connection is closed. */
const DRAIN_MS = 1_000;

/** A pool with connections to its backends, the deadlines of its attempts, and an end. */
export class ConnectedPool extends Pool<HttpBackend> {
  /** Requests under way or in the queue. */
  readonly active = new ActiveRequests();
  /** Of the requests that handlers of this process are given. */
  readonly likeness: Likeness;
  connectDeadlines: Deadlines;
  headersDeadlines: Deadlines;
  bodyDeadlines: Deadlines;
  callerDeadlines: Deadlines;
  readonly drainDeadlines: Deadlines;

  /** Typed by `options`, which are checked here. Users call `createSpillway().pool()`. */
  constructor(name: string, options: PoolOptions, context: PoolContext) {
    const { clock } = context;
    const likeness = new Likeness();
    super(name, options, context, (config, timeouts, events, sharing) => {
      return new HttpBackend(config, timeouts, clock, events, likeness, sharing);
    });
    this.likeness = likeness;
    const { connectMs, headersMs, bodyMs, callerMs } = this.config.timeouts;
    this.connectDeadlines = new Deadlines(connectMs, clock);
    this.headersDeadlines = new Deadlines(headersMs, clock);
    this.bodyDeadlines = new Deadlines(bodyMs, clock);
    this.callerDeadlines = new Deadlines(callerMs, clock);
    this.drainDeadlines = new Deadlines(DRAIN_MS, clock);
  }

  /** Resolves when no request is under way or waits. */
  idle(): Promise<void> {
    return this.active.idle();
  }

  protected override reconfigured({ timeouts: before }: PoolConfig): void {
    const { timeouts } = this.config;
    for (const backend of this.backends) backend.setTimeouts(timeouts);
    this.connectDeadlines = this.#lasting(this.connectDeadlines, before, 'connectMs');
    this.headersDeadlines = this.#lasting(this.headersDeadlines, before, 'headersMs');
    this.bodyDeadlines = this.#lasting(this.bodyDeadlines, before, 'bodyMs');
    this.callerDeadlines = this.#lasting(this.callerDeadlines, before, 'callerMs');
  }

  /** What has begun keeps its time. */
  #lasting(deadlines: Deadlines, before: Timeouts, name: keyof Timeouts): Deadlines {
    const durationMs = this.config.timeouts[name];
    if (durationMs === before[name]) return deadlines;
    deadlines.retire();
    return new Deadlines(durationMs, this.clock);
  }

  protected override async discard(backend: HttpBackend): Promise<void> {
    backend.dispose();
    this.active.removed(backend);
    await backend.destroy();
  }

  /** Ends what is left, and closes every connection and timer. */
  async destroy(): Promise<void> {
    this.active.shutDown();
    this.connectDeadlines.close();
    this.headersDeadlines.close();
    this.bodyDeadlines.close();
    this.callerDeadlines.close();
    this.drainDeadlines.close();
    const disposed = this.dispose();
    await Promise.all([disposed, ...this.backends.map((backend) => backend.destroy())]);
  }
}
