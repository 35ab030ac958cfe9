import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { PlannedChange } from './planned-change.ts';
import type { ReconfigureOptions } from './pool/traffic/options.ts';
import type { RouteCall } from './route/options.ts';

/** A call that makes a policy. */
export type PolicyCall = RouteCall | 'pool';

/** What can take other options while it serves: a pool, or the policy of a route. */
export interface Configurable {
  /** @throws ConfigurationError when an option is wrong, or cannot change while requests are served */
  plan(options: unknown, removal?: ReconfigureOptions): PlannedChange;
}

/**
 * Where policies have options from beside the code: a file, with `@spillway/config`. It belongs to one
 * `createSpillway`.
 */
export interface Configuration {
  /** Called once, before any policy is made. */
  join(context: { readonly logger: Logger; readonly clock: Clock }): void;
  /**
   * Makes a policy of what the configuration says of its name and of what the code gives, and has it
   * follow the configuration from then on.
   * @param name `undefined` of a policy that the code has not named
   * @throws ConfigurationError when there is no such name, or an option is given on both sides
   */
  configure<P extends Configurable>(
    call: PolicyCall,
    name: string | undefined,
    given: unknown,
    make: (options: unknown) => P,
  ): P;
  /**
   * Follows nothing any more: shutting down has begun.
   * @param ended resolves when that is over
   */
  close(ended: Promise<void>): void;
}
