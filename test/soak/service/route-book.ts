import type { ServerResponse } from 'node:http';

/** What a route's own handler and connections say of its requests, beside what Spillway says. */
export interface RouteCounts {
  readonly arrived: number;
  /** Handlers that have begun. */
  readonly entered: number;
  /** Handlers that have ended. */
  readonly ended: number;
  /** Callers that left before their handler began. */
  readonly left: number;
  /** The most handlers at work at once, of one key. */
  readonly most: number;
}

/** Counts the requests of one route by what can be seen without asking Spillway. */
export class RouteBook {
  #arrived = 0;
  #entered = 0;
  #ended = 0;
  #left = 0;
  #most = 0;
  readonly #atWork = new Map<string, number>();
  readonly #begun = new WeakSet<ServerResponse>();

  arrive(response: ServerResponse): void {
    this.#arrived += 1;
    response.once('close', () => {
      if (!this.#begun.has(response) && !response.headersSent) this.#left += 1;
    });
  }

  begin(response: ServerResponse, key: string): void {
    this.#begun.add(response);
    this.#entered += 1;
    const atWork = (this.#atWork.get(key) ?? 0) + 1;
    this.#atWork.set(key, atWork);
    this.#most = Math.max(this.#most, atWork);
  }

  end(key: string): void {
    this.#ended += 1;
    this.#atWork.set(key, (this.#atWork.get(key) ?? 0) - 1);
  }

  get counts(): RouteCounts {
    return {
      arrived: this.#arrived,
      entered: this.#entered,
      ended: this.#ended,
      left: this.#left,
      most: this.#most,
    };
  }
}
