/** How many values of `x-session` take turns: enough that every backend has some. */
export const sessions = 64;

/** What is to be asked for, and where. */
export interface Target {
  readonly url: string;
  /** Each asks anew as soon as it has its answer. */
  readonly connections: number;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 2xx, and connections that failed: any makes the figure worthless. */
  readonly failures: number;
}

/** Keeps every connection busy, one request after another, from a process of its own. */
export interface LoadGenerator {
  readonly name: string;
  /** Whole seconds: wrk knows no others. */
  run(target: Target, seconds: number): Promise<LoadResult>;
}
