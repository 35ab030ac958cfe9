/** A request that is under way, or waits. */
export interface ActiveRequest {
  /** Where {@link ActiveRequests} keeps it; theirs to write. */
  place: number;
  /** Whether it stands in a queue. */
  readonly waits: boolean;
  /** Asks the caller not to use its connection again, unless its answer has begun. */
  closeConnection(): void;
  /** A backend is gone: what it still does for this request is cut off. */
  removed(backend: object): void;
  /** The time for shutting down is over. */
  shutDown(): void;
}

/**
 * The requests of one policy, each at the place it knows. Not a Set: one that lives long and changes
 * with every request keeps dead requests alive through the tables that it outgrows, until a full
 * collection; half of the processor time was seen to go into that.
 */
export class ActiveRequests {
  readonly #requests: ActiveRequest[] = [];
  #onIdle: (() => void) | undefined;
  /** Answers that have been given, whose last bytes are still on their way. */
  flushing = 0;
  #accepting = true;
  #windingDown = false;

  /** False once no further requests are taken. */
  get accepting(): boolean {
    return this.#accepting;
  }

  /** True once callers should not use their connections again. */
  get windingDown(): boolean {
    return this.#windingDown;
  }

  get count(): number {
    return this.#requests.length;
  }

  enter(request: ActiveRequest): void {
    request.place = this.#requests.push(request) - 1;
  }

  leave(request: ActiveRequest): void {
    const last = this.#requests.pop() as ActiveRequest;
    if (last !== request) {
      last.place = request.place;
      this.#requests[request.place] = last;
    }
    if (this.#onIdle !== undefined && this.#requests.length === 0) this.#onIdle();
  }

  /** Asks callers not to use their connections again; requests are still taken. */
  windDown(): void {
    this.#windingDown = true;
    for (const request of this.#requests) request.closeConnection();
  }

  removed(backend: object): void {
    for (const request of [...this.#requests]) request.removed(backend);
  }

  /** Refuses requests from now on. */
  close(): void {
    this.#accepting = false;
    this.windDown();
  }

  /** Resolves when no request is under way or waits. */
  idle(): Promise<void> {
    if (this.#requests.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Ends what is left with 503, or by cutting it off. */
  shutDown(): void {
    this.close();
    // Those that wait come first, or the place of one that is ended would be handed to them.
    for (const request of this.#requests.filter(({ waits }) => waits)) request.shutDown();
    for (const request of [...this.#requests]) request.shutDown();
  }
}
