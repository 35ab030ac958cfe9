import { Breaker, type BreakerEvents } from '../breaker/breaker.ts';
import type { Clock } from '../clock.ts';
import type { Coordinator } from '../coordinator.ts';
import { Deadlines } from '../deadlines.ts';
import type { ProblemCode } from '../errors.ts';
import { Gate, type GateStatus } from '../gate/gate.ts';
import type { GateConfig } from '../gate/options.ts';
import { ServiceLevel } from '../metrics/service-level.ts';
import type { RouteConfig } from './options.ts';

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
  readonly breaker: Breaker | undefined;
  /** Of what runs. */
  readonly times: Deadlines | undefined;
  /** Of what runs on although nobody waits for it any more. */
  readonly abandoned: Deadlines;
  /** How its callers fare. */
  readonly level: ServiceLevel;
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
    this.gate = config.gate && makeGate(name, config.gate, clock, coordinator);
    this.breaker =
      config.breaker &&
      new Breaker(
        name,
        config.breaker,
        clock,
        events,
        coordinator && ((hooks) => coordinator.breaker(['route', name], hooks)),
      );
    this.times =
      config.timeoutMs === undefined ? undefined : new Deadlines(config.timeoutMs, clock);
    this.abandoned = new Deadlines(config.abandonMs, clock);
    this.level = new ServiceLevel(config.apdexMs, clock.now());
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

  /** Cancels the policy's timers. It must not be used afterwards. */
  dispose(): void {
    this.gate?.dispose();
    this.breaker?.dispose();
    this.times?.close();
    this.abandoned.close();
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
