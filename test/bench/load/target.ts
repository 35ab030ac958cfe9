/** A text, or as many bytes that do not matter. */
export type Body = string | { readonly bytes: number };

export function textOf(body: Body): string {
  return typeof body === 'string' ? body : 'x'.repeat(body.bytes);
}

/** What is to be asked for, and where. */
export interface Target {
  readonly url: string;
  /** Each asks anew as soon as it has its answer. */
  readonly connections: number;
  /** How many values of `x-session` take turns. */
  readonly sessions: number;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: Body;
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
