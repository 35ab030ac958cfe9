import { type Clock, type Logger, read } from '@spillway/core';

/** What a probe asks beside the load: it fails when the promise rejects, or does not settle in time. */
export type Checks = Readonly<Record<string, () => unknown>>;

export const readChecks: read.Reader<Checks> = read.record(read.callable<() => unknown>());

/** Why a probe fails. */
export interface ProbeFailure {
  readonly kind: 'check' | 'gate' | 'pool' | 'shutdown';
  readonly name: string;
  /** One sentence for a person. What a check threw is told to the logger alone: it may hold secrets. */
  readonly detail: string;
}

/**
 * One check of a probe. Probes that overlap share one call: a check that hangs is called again only
 * once its time is up.
 */
class Check {
  readonly #name: string;
  readonly #call: () => unknown;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #calling: Promise<string | undefined> | undefined;

  constructor(name: string, call: () => unknown, timeoutMs: number, context: CheckContext) {
    this.#name = name;
    this.#call = call;
    this.#timeoutMs = timeoutMs;
    this.#clock = context.clock;
    this.#logger = context.logger;
  }

  async failure(): Promise<ProbeFailure | undefined> {
    this.#calling ??= this.#ask();
    const detail = await this.#calling;
    return detail === undefined ? undefined : { kind: 'check', name: this.#name, detail };
  }

  /** Settles with what is wrong, in time; another call may be made then. */
  async #ask(): Promise<string | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = this.#clock.setTimer(() => {
      const detail = `did not settle in ${this.#timeoutMs} ms`;
      resolve(this.#told(detail, new Error(detail)));
    }, this.#timeoutMs);
    timer.unref?.();
    try {
      // At least a turn later: a check that throws at once must find its call noted.
      return await Promise.race([this.#outcome(), late]);
    } finally {
      timer.cancel();
      this.#calling = undefined;
    }
  }
  async #outcome(): Promise<string | undefined> {
    try {
      await this.#call();
      return undefined;
    } catch (error) {
      return this.#told('failed', error);
    }
  }

  #told(detail: string, error: unknown): string {
    this.#logger.warn('a check of a probe failed', { check: this.#name, error });
    return detail;
  }
}

export interface CheckContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Runs all checks at once and tells which fail. */
export function checksOf(
  checks: Checks,
  timeoutMs: number,
  context: CheckContext,
): () => Promise<readonly ProbeFailure[]> {
  const all = Object.entries(checks).map(
    ([name, call]) => new Check(name, call, timeoutMs, context),
  );
  return async () => {
    const failures = await Promise.all(all.map((check) => check.failure()));
    return failures.filter((failure) => failure !== undefined);
  };
}
