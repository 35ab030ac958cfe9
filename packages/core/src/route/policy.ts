import { Breaker, type BreakerEvents } from '../breaker/breaker.ts';
import { followRule } from '../breaker/follow-rule.ts';
import type { BreakerRule } from '../breaker/rule.ts';
import type { BreakerHooks } from '../breaker/shared-breaker.ts';
import type { Clock } from '../clock.ts';
import type { Coordinator } from '../coordinator.ts';
import { Deadlines } from '../deadlines.ts';
import { ConfigurationError, type ProblemCode } from '../errors.ts';
import { Gate, type GateStatus } from '../gate/gate.ts';
import type { GateConfig } from '../gate/options.ts';
import { ServiceLevel } from '../metrics/service-level.ts';
import { CANNOT_CHANGE, type PlannedChange } from '../planned-change.ts';
import { type RouteConfig, readRouteOptions } from './options.ts';

/** A breaker's state on a route, as the metrics have it. */
export interface BreakerStatus {
  readonly state: Breaker['state'];
  readonly trips: number;
  /** Until a trial may go through, in milliseconds; 0 unless open. */
  readonly remainingMs: number;
}

/** What protects a route: a gate, a breaker, a limit of time, or several of them. */
export class RoutePolicy {
  readonly name: string;
  readonly clock: Clock;
  readonly gate: Gate | undefined;
  /** How its callers fare. */
  readonly level: ServiceLevel;
  readonly #events: BreakerEvents;
  readonly #coordinator: Coordinator | undefined;
  #config: RouteConfig;
  #breaker: Breaker | undefined;
  #times: Deadlines | undefined;
  #abandoned: Deadlines;
  readonly #rejections = new Map<ProblemCode, number>();

  constructor(
    name: string,
    config: RouteConfig,
    clock: Clock,
    events: BreakerEvents = {},
    coordinator?: Coordinator,
  ) {
    this.name = name;
    this.clock = clock;
    this.#events = events;
    this.#coordinator = coordinator;
    this.#config = config;
    this.gate = config.gate && makeGate(name, config.gate, clock, coordinator);
    this.#breaker = this.#breakerFor(config.breaker);
    this.#times = this.#makeTimes(config.timeoutMs);
    this.#abandoned = new Deadlines(config.abandonMs, clock);
    this.level = new ServiceLevel(config.apdexMs, clock.now());
  }

  get breaker(): Breaker | undefined {
    return this.#breaker;
  }

  /** Of what runs. */
  get times(): Deadlines | undefined {
    return this.#times;
  }

  /** Of what runs on although nobody waits for it any more. */
  get abandoned(): Deadlines {
    return this.#abandoned;
  }

  /** Requests that the policy itself answered, by reason. */
  get rejections(): ReadonlyMap<ProblemCode, number> {
    return this.#rejections;
  }

  rejected(code: ProblemCode): void {
    this.#rejections.set(code, (this.#rejections.get(code) ?? 0) + 1);
  }

  gateStatus(): (GateStatus & RouteRejections) | undefined {
    return this.gate && { ...this.gate.status(), ...this.#rejectionsStatus() };
  }

  breakerStatus(): (BreakerStatus & RouteRejections) | undefined {
    const { breaker } = this;
    return (
      breaker && {
        state: breaker.state,
        trips: breaker.trips,
        remainingMs: Math.ceil(breaker.remainingMs(this.clock.now())),
        ...this.#rejectionsStatus(),
      }
    );
  }

  /**
   * Checks options that are to take the place of the present ones, of the same call.
   * @throws ConfigurationError when one is wrong, or cannot change while the service runs
   */
  plan(options: unknown): PlannedChange {
    const { call } = this.#config;
    const path = `${call}(${this.name})`;
    const config = readRouteOptions[call](options, path);
    if (config.name !== undefined && config.name !== this.name) {
      throw new ConfigurationError(`${path}.name`, CANNOT_CHANGE, config.name);
    }
    const { gate } = this;
    const at = call === 'protect' ? `${path}.concurrency` : path;
    if ((gate === undefined) !== (config.gate === undefined)) {
      throw new ConfigurationError(at, `${CANNOT_CHANGE} from a limit to none, or back`);
    }
    const obstacle = config.gate && gate?.obstacleTo(config.gate);
    if (obstacle !== undefined) {
      throw new ConfigurationError(`${at}.${obstacle.option}`, obstacle.rule);
    }
    return { apply: () => this.#apply(config), settle: () => gate?.settle() };
  }

  /**
   * Puts other options in the place of the present ones: for requests that run from now on. Those that
   * run already end under the options that they began with.
   * @throws ConfigurationError when one is wrong, or cannot change while the service runs; all stays then
   */
  reconfigure(options: unknown): void {
    const change = this.plan(options);
    change.apply();
    change.settle();
  }

  /** Cancels the policy's timers. It must not be used afterwards. */
  dispose(): void {
    this.gate?.dispose();
    this.#breaker?.dispose();
    this.#times?.close();
    this.#abandoned.close();
  }

  #apply(config: RouteConfig): void {
    const before = this.#config;
    this.#config = config;
    if (config.gate !== undefined) this.gate?.reconfigure(config.gate);
    this.#breaker = this.#breakerFor(config.breaker);
    if (config.timeoutMs !== before.timeoutMs) {
      this.#times?.retire();
      this.#times = this.#makeTimes(config.timeoutMs);
    }
    if (config.abandonMs !== before.abandonMs) {
      this.#abandoned.retire();
      this.#abandoned = new Deadlines(config.abandonMs, this.clock);
    }
    this.level.apdexMs = config.apdexMs;
  }

  #breakerFor(rule: BreakerRule | undefined): Breaker | undefined {
    const { name, clock } = this;
    const coordinator = this.#coordinator;
    const share =
      coordinator && ((hooks: BreakerHooks) => coordinator.breaker(['route', name], hooks));
    const make = (made: BreakerRule) => new Breaker(name, made, clock, this.#events, share);
    return followRule(this.#breaker, rule, make);
  }

  #makeTimes(timeoutMs: number | undefined): Deadlines | undefined {
    return timeoutMs === undefined ? undefined : new Deadlines(timeoutMs, this.clock);
  }

  #rejectionsStatus(): RouteRejections {
    return { rejections: Object.fromEntries(this.#rejections) };
  }
}

function makeGate(
  name: string,
  config: GateConfig,
  clock: Clock,
  coordinator: Coordinator | undefined,
): Gate {
  if (coordinator === undefined) return new Gate(config, clock);
  return new Gate(config, clock, (key, changed) =>
    coordinator.slots(['gate', name, key], config.maxCount, changed),
  );
}

/** Requests that a policy itself answered, by reason. */
export interface RouteRejections {
  readonly rejections: Readonly<Partial<Record<ProblemCode, number>>>;
}
