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
 * One check of a probe. Probes that overlap share one call: a check that hangs is called once, and
 * not again and again.
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
    this.#calling ??= this.#ask().finally(() => {
      this.#calling = undefined;
    });
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = this.#clock.setTimer(() => {
      const detail = `did not settle in ${this.#timeoutMs} ms`;
      this.#logger.warn('a check of a probe failed', { check: this.#name, error: detail });
      resolve(detail);
    }, this.#timeoutMs);
    const detail = await Promise.race([this.#calling, late]);
    timer.cancel();
    return detail === undefined ? undefined : { kind: 'check', name: this.#name, detail };
  }

  async #ask(): Promise<string | undefined> {
    try {
      await this.#call();
      return undefined;
    } catch (error) {
      this.#logger.warn('a check of a probe failed', { check: this.#name, error });
      return 'failed';
    }
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
