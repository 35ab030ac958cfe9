import { Deadlines, Pool, type PoolContext, type PoolOptions } from '@spillway/core';
import type { Attempt } from './attempt.ts';
import type { Exchange } from './exchange.ts';
import { createPoolFetch } from './fetch/pool-fetch.ts';
import { HttpBackend } from './http-backend.ts';

/** How long the rest of an answer that nobody wants may take before its connection is closed. */
const DRAIN_MS = 1_000;

/** A pool whose backends are reached by HTTP. */
export class HttpPool extends Pool<HttpBackend> {
  /**
   * The global `fetch`, sent through this pool: the same arguments, the same behaviour, by the same
   * rules as {@link https://nodejs.org/api/globals.html#fetch | Node's own}. Of the URL only path
   * and query count, appended to the chosen backend's own; a path alone will do.
   *
   * Where no backend's answer can be had it resolves with the problem that a proxied caller would
   * be sent (`application/problem+json`, 429, 502, 503 or 504), as with any other answer.
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Requests under way or in the queue, each at the place it knows. Not a Set: one that lives long
   * and changes with every request keeps dead requests alive through the tables that it outgrows,
   * until a full collection; half of the processor time was seen to go into that.
   */
  readonly #exchanges: Exchange[] = [];
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
    this.fetch = createPoolFetch(this);
  }

  /** True once callers should not use their connections again. */
  get windingDown(): boolean {
    return this.#windingDown;
  }

  /** False once the pool takes no further requests. */
  get accepting(): boolean {
    return this.#accepting;
  }

  enter(exchange: Exchange): void {
    exchange.place = this.#exchanges.push(exchange) - 1;
  }

  leave(exchange: Exchange): void {
    const last = this.#exchanges.pop() as Exchange;
    if (last !== exchange) {
      last.place = exchange.place;
      this.#exchanges[exchange.place] = last;
    }
    if (this.#onIdle !== undefined && this.#exchanges.length === 0) this.#onIdle();
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
    if (this.#exchanges.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Ends what is left with 503, or by cutting it off, and closes every connection and timer. */
  async destroy(): Promise<void> {
    this.close();
    for (const exchange of [...this.#exchanges]) exchange.shutDown();
    this.headersDeadlines.close();
    this.bodyDeadlines.close();
    this.drainDeadlines.close();
    this.dispose();
    await Promise.all(this.backends.map(({ connections }) => connections.destroy()));
  }
}
