import { Deadlines, Pool, type PoolContext, type PoolOptions } from '@spillway/core';
import type { Attempt } from './attempt.ts';
import { HttpBackend } from './http-backend.ts';

/** How long the rest of an answer that nobody wants may take before its connection is closed. */
const DRAIN_MS = 1_000;

/** A request that is under way in a pool, or waits in its queue. */
export interface ActiveRequest {
  /** Where the pool keeps it; the pool's to write. */
  place: number;
  /** Whether it stands in the pool's queue. */
  readonly waits: boolean;
  /** The time for shutting down is over. */
  shutDown(): void;
}

/** A pool with connections to its backends, the deadlines of its attempts, and an end. */
export class ConnectedPool extends Pool<HttpBackend> {
  /**
   * Requests under way or in the queue, each at the place it knows. Not a Set: one that lives long
   * and changes with every request keeps dead requests alive through the tables that it outgrows,
   * until a full collection; half of the processor time was seen to go into that.
   */
  readonly #active: ActiveRequest[] = [];
  readonly headersDeadlines: Deadlines<Attempt>;
  readonly bodyDeadlines: Deadlines<Attempt>;
  readonly drainDeadlines: Deadlines<Attempt>;
  #onIdle: (() => void) | undefined;
  #accepting = true;
  #windingDown = false;

  /** Typed by `options`, which are checked here. Users call `createSpillway().pool()`. */
  constructor(name: string, options: PoolOptions, context: PoolContext) {
    const { clock } = context;
    super(name, options, context, (config, timeouts, events) => {
      return new HttpBackend(config, timeouts, clock, events);
    });
    const { headersMs, bodyMs } = this.config.timeouts;
    this.headersDeadlines = new Deadlines(headersMs, clock);
    this.bodyDeadlines = new Deadlines(bodyMs, clock);
    this.drainDeadlines = new Deadlines(DRAIN_MS, clock);
  }

  /** True once callers should not use their connections again. */
  get windingDown(): boolean {
    return this.#windingDown;
  }

  /** False once the pool takes no further requests. */
  get accepting(): boolean {
    return this.#accepting;
  }

  enter(request: ActiveRequest): void {
    request.place = this.#active.push(request) - 1;
  }

  leave(request: ActiveRequest): void {
    const last = this.#active.pop() as ActiveRequest;
    if (last !== request) {
      last.place = request.place;
      this.#active[request.place] = last;
    }
    if (this.#onIdle !== undefined && this.#active.length === 0) this.#onIdle();
  }

  /** Asks callers not to use their connections again; requests are still taken. */
  windDown(): void {
    this.#windingDown = true;
  }

  /** Refuses requests from now on. */
  close(): void {
    this.#accepting = false;
    this.#windingDown = true;
  }

  /** Resolves when no request is under way or waits. */
  idle(): Promise<void> {
    if (this.#active.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Ends what is left with 503, or by cutting it off, and closes every connection and timer. */
  async destroy(): Promise<void> {
    this.close();
    // Those that wait come first, or the place of one that is ended would be handed to them.
    for (const request of this.#active.filter(({ waits }) => waits)) request.shutDown();
    for (const request of [...this.#active]) request.shutDown();
    this.headersDeadlines.close();
    this.bodyDeadlines.close();
    this.drainDeadlines.close();
    this.dispose();
    await Promise.all(this.backends.map((backend) => backend.destroy()));
  }
}
