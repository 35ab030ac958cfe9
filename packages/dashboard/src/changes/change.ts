import type { Engine } from '@spillway/node-http';
import type { LogEntry } from '../contract.ts';
import type { Sampler } from '../history/sampler.ts';

/** What changes are decided on, and made to. */
export interface Steered {
  readonly engine: Engine;
  readonly sampler: Pick<Sampler, 'rateOf'>;
}

/** A change that has been checked as a whole. */
export interface PlannedChange extends Pick<LogEntry, 'pool' | 'backend' | 'policy'> {
  /** In a few words. */
  readonly summary: string;
  /** One sentence for each. */
  readonly effects: readonly string[];
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  /** Makes it; called in the same synchronous step as it was planned, or not at all. */
  apply(): void;
}

/** A change that the API knows, at its path. */
export interface ChangeRoute {
  readonly method: 'PUT' | 'POST';
  /** With its parameters in braces, as OpenAPI has them. */
  readonly path: string;
  /**
   * @param named the path's parameters
   * @throws ApiError where there is nothing of a name
   * @throws ConfigurationError when the body is not what it must be, or the pool refuses the change
   */
  plan(steered: Steered, named: Readonly<Record<string, string>>, body: unknown): PlannedChange;
}
