import { EventEmitter } from 'node:events';
import type { BreakerControl } from '../breaker/breaker.ts';
import type { Trip } from '../breaker/trip.ts';
import type { Clock, Random } from '../clock.ts';
import type { Coordinator } from '../coordinator.ts';
import { Deadlines, type Expiring } from '../deadlines.ts';
import { ConfigurationError, type ProblemCode } from '../errors.ts';
import { ServiceLevel } from '../metrics/service-level.ts';
import type { PlannedChange } from '../planned-change.ts';
import type { RequestView } from '../request-view.ts';
import { tell } from '../tell.ts';
import type {
  Backend,
  BackendConfig,
  BackendEvents,
  BackendSharing,
  BackendStatus,
} from './backend.ts';
import type { Balance } from './level.ts';
import {
  type BackendOptions,
  type PoolConfig,
  type PoolOptions,
  readPoolOptions,
} from './options.ts';
import { shownUrl } from './shown-url.ts';
import { PoolDryRun } from './traffic/dry-run.ts';
import { Members } from './traffic/members.ts';
import { planMembers } from './traffic/members-plan.ts';
import {
  type ReconfigureOptions,
  type RemoveOptions,
  readReconfigureOptions,
  type Shares,
} from './traffic/options.ts';
import type { Rollout, RolloutOptions, RolloutReport } from './traffic/rollout.ts';
import type { Shadow, ShadowOptions, ShadowSetting, ShadowStatus } from './traffic/shadow.ts';
import type { PoolSummary, SharedTraffic } from './traffic/shared-traffic.ts';

/** What a pool tells its listeners, by event name. */
export interface PoolEvents {
  /** A breaker tripped: no request reaches the backend for `durationMs`. */
  trip: [{ backend: string } & Trip];
  /** A trial request succeeded, or the breaker was closed by hand: the backend serves again. */
  recover: [{ backend: string }];
  /** A lower level served a request, because the higher ones could not take it. */
  spillover: [{ from: number; to: number; backend: string }];
  /** The shares of a level, or its backends, have changed. */
  traffic: [{ shares: Shares }];
  /** A rollout has decided something. */
  rollout: [RolloutReport];
  /** A backend is sent copies of requests, others than before, or none any more. */
  shadow: [ShadowSetting];
}

/** A pool's state, as the metrics have it. */
export interface PoolStatus {
  readonly name: string;
  readonly balance: Balance;
  /** Attempts under way, at all backends. */
  readonly running: number;
  /** Requests in the pool's queue. */
  readonly waiting: number;
  /** Requests that a lower level served, by the priorities of the two levels. */
  readonly spillovers: readonly { readonly from: number; readonly to: number; count: number }[];
  /** Requests that the pool itself answered, by reason. */
  readonly rejections: Readonly<Partial<Record<ProblemCode, number>>>;
  readonly backends: readonly BackendStatus[];
  readonly shadows: readonly ShadowStatus[];
  /** Rollouts that are under way. */
  readonly rollouts: readonly ReturnType<Rollout['status']>[];
}

/** What the choice of a backend depends on, beside the backends. */
export interface Candidacy<B extends Backend> {
  /** Backends that are out of the question, because they have been tried. */
  readonly tried: readonly B[];
  /** The hash of the key that binds the request to a backend, when it has one. */
  readonly keyHash: number | undefined;
}

/** A request in a pool's queue. */
export interface Waiting<B extends Backend> extends Candidacy<B>, Expiring {
  /** Called when the backend has room; takes it in the same synchronous step. */
  run(backend: B): void;
  /** No backend will have room, as things are. */
  giveUp(): void;
}

/** What a pool is given by the engine that it belongs to. */
export interface PoolContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Has backends share their `maxCount` with other instances. */
  readonly coordinator?: Coordinator | undefined;
}

/** Makes a pool's backends; a transport makes its own kind. */
export type MakeBackend<B extends Backend> = (
  config: BackendConfig,
  timeouts: PoolConfig['timeouts'],
  events: BackendEvents,
  sharing: BackendSharing | undefined,
) => B;

/** Backends that can serve the same requests, in levels by priority. */
export class Pool<B extends Backend = Backend> extends EventEmitter<PoolEvents> {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How its callers fare. */
  readonly level: ServiceLevel;
  /** Changes of traffic that are checked and not made. */
  readonly dryRun: PoolDryRun;
  #config: PoolConfig;
  #queue: Deadlines<Waiting<B>> | undefined;
  /** While a change is made: what is to be told once it is. */
  #untold: (() => void)[] | undefined;
  readonly #members: Members<B>;
  readonly #sharedTraffic: SharedTraffic | undefined;
  readonly #spillovers: { readonly from: number; readonly to: number; count: number }[] = [];
  readonly #rejections = new Map<ProblemCode, number>();

  /** @throws ConfigurationError when an option is unknown, of the wrong type or impossible */
  constructor(name: string, options: unknown, context: PoolContext, make: MakeBackend<B>) {
    super();
    const config = readPoolOptions(name, options);
    const events: BackendEvents = {
      availabilityChanged: (backend) => this.#availabilityChanged(backend as B),
      tripped: ({ id }, trip) => this.#tell('trip', { backend: id, ...trip }),
      recovered: ({ id }) => this.#tell('recover', { backend: id }),
      drained: (backend) => this.#members.drained(backend as B),
    };
    const { coordinator } = context;
    const sharingOf = ({ id, maxCount }: BackendConfig): BackendSharing | undefined => {
      if (coordinator === undefined) return undefined;
      const path = ['backend', name, id];
      return {
        slots: Number.isFinite(maxCount)
          ? (changed) => coordinator.slots(path, maxCount, changed)
          : undefined,
        breaker: (hooks) => coordinator.breaker(path, hooks),
      };
    };
    this.name = name;
    this.clock = context.clock;
    this.random = context.random;
    this.level = new ServiceLevel(config.apdexMs, context.clock.now());
    this.#config = config;
    this.#queue = config.queue && new Deadlines(config.queue.timeoutMs, context.clock);
    const current = () => this.#config;
    this.#members = new Members(config.backends, {
      path: `pool(${name})`,
      clock: context.clock,
      random: context.random,
      get balance() {
        return current().balance;
      },
      get breaker() {
        return current().breaker;
      },
      make: (backend) => make(backend, current().timeouts, events, sharingOf(backend)),
      discard: (backend) => this.discard(backend),
      changed: (shares) => this.#trafficChanged(shares),
      decided: (report) => this.#tell('rollout', report),
      shadowed: (setting) => this.#tell('shadow', setting),
      publish: (change) => this.#sharedTraffic?.publish(change),
    });
    this.dryRun = new PoolDryRun(this.#members.checks);
    this.#sharedTraffic = coordinator?.traffic(name, summaryOf(config), (change) =>
      this.#members.apply(change),
    );
  }

  get config(): PoolConfig {
    return this.#config;
  }

  /** Requests that wait for a place; `undefined` when the pool has no queue. */
  get queue(): Deadlines<Waiting<B>> | undefined {
    // Who waits in a queue that the options have no longer is still served from it.
    return this.#config.queue === undefined && this.#queue?.length === 0 ? undefined : this.#queue;
  }

  /** Those too that have no share, or are being removed. */
  get backends(): readonly B[] {
    return this.#members.all;
  }

  /** Whether any backend is a handler of this process. */
  get hasHandlers(): boolean {
    return this.#members.hasHandlers;
  }

  /** Whether any backend takes so many requests at once and no more. */
  get hasLimits(): boolean {
    return this.#members.hasLimits;
  }

  get shadows(): readonly Shadow<B>[] {
    return this.#members.shadows;
  }

  /** Those that are under way. */
  get rollouts(): readonly Rollout[] {
    return [...this.#members.rollouts];
  }

  /** What a backend is a shadow by, or was before its proportion became 0. */
  shadow(id: string): Shadow<B> | undefined {
    return this.#members.shadowOf(id);
  }

  /**
   * A backend's breaker, to trip and to close it by hand.
   * @throws ConfigurationError when there is no such backend, or it has no breaker
   */
  breaker(id: string): BreakerControl {
    const backend = this.backends.find((each) => each.id === id);
    const path = `pool(${this.name}).breaker`;
    if (backend === undefined) {
      throw new ConfigurationError(path, 'must name a backend of this pool', id);
    }
    if (backend.breaker === undefined) {
      throw new ConfigurationError(path, 'must name a backend that has a breaker', id);
    }
    return backend.breaker;
  }

  get rejections(): ReadonlyMap<ProblemCode, number> {
    return this.#rejections;
  }

  get spillovers(): Iterable<{
    readonly from: number;
    readonly to: number;
    readonly count: number;
  }> {
    return this.#spillovers;
  }

  keyHashOf(request: RequestView): number | undefined {
    return this.config.affinity?.keyHashOf(request);
  }

  /** The backend for the next attempt. Take a lease on it in the same synchronous step. */
  select({ tried, keyHash }: Candidacy<B>): B | undefined {
    for (const level of this.#members.levels) {
      const backend = tried.length === 0 ? level.next(keyHash) : level.nextExcept(keyHash, tried);
      if (backend !== undefined) return backend;
    }
    return undefined;
  }

  /** Whether some backend would serve if it were not at its `maxCount`. */
  get isFull(): boolean {
    return this.#members.serving.some(({ isFull, breaker }) => isFull && (breaker?.admits ?? true));
  }

  /** Whether a backend is given no requests because the coordinator cannot be reached. */
  get isRefused(): boolean {
    return this.#members.serving.some(({ refuses }) => refuses);
  }

  /** Whether no backend may be given requests, however few are under way. */
  get isTripped(): boolean {
    return this.#members.serving.every(({ breaker }) => breaker?.state === 'open');
  }

  /** Whether a 429 is behind the trip of any backend. */
  get trippedByThrottling(): boolean {
    return this.#members.serving.some(({ breaker }) => breaker?.trippedBy === 429);
  }

  /** Milliseconds until the first backend may take requests again, as far as any has said. */
  earliestRecoveryMs(): number | undefined {
    const now = this.clock.now();
    let earliest: number | undefined;
    for (const backend of this.#members.serving) {
      const recoveryMs = backend.recoveryMs(now);
      if (recoveryMs !== undefined && (earliest === undefined || recoveryMs < earliest)) {
        earliest = recoveryMs;
      }
    }
    return earliest;
  }

  /** An answer of `backend` goes to the caller. */
  served(backend: B): void {
    const from = this.#members.levels[0]?.priority;
    const to = backend.priority;
    // A removed backend may still answer when no level is left in front of its own.
    if (from === undefined || from >= to) return;
    this.#countSpillover(from, to);
    if (this.listenerCount('spillover') > 0) {
      this.#tell('spillover', { from, to, backend: backend.id });
    }
  }

  /** The pool itself answered a request. */
  rejected(code: ProblemCode): void {
    this.#rejections.set(code, (this.#rejections.get(code) ?? 0) + 1);
  }

  status(): PoolStatus {
    let running = 0;
    for (const backend of this.backends) running += backend.running;
    return {
      name: this.name,
      balance: this.config.balance,
      running,
      waiting: this.queue?.length ?? 0,
      spillovers: this.#spillovers.map((spillover) => ({ ...spillover })),
      rejections: Object.fromEntries(this.#rejections),
      backends: this.backends.map((backend) => backend.status()),
      shadows: this.shadows.map((shadow) => shadow.status()),
      rollouts: this.rollouts.map((rollout) => rollout.status()),
    };
  }

  /**
   * Cancels the pool's timers; resolves when the backends that are being removed are gone. It must
   * not be used afterwards: what would change it is refused, but for removals.
   */
  dispose(): Promise<void> {
    this.#queue?.close();
    this.#sharedTraffic?.close();
    return this.#members.dispose();
  }

  /**
   * Shares a level's traffic out, from the next request on. Backends of the level that are not named
   * get nothing; other levels keep what they have.
   * @param shares by backend id, of one priority; they sum to 1
   * @throws ConfigurationError when an id is unknown or a share is impossible; the old shares stay
   */
  setTraffic(shares: Shares): void {
    this.#members.setTraffic(shares);
  }

  /**
   * Sends a proportion of the pool's requests to a backend as well, as copies that nobody waits for:
   * they neither delay nor change what callers get, and their failures trip nothing else. At most
   * 100 at once; further ones are dropped and counted. 0 ends it.
   * @throws ConfigurationError when the id is unknown or the proportion impossible; all stays then
   */
  setShadow(id: string, proportion: number, options: ShadowOptions = {}): void {
    this.#members.setShadow(id, proportion, options);
  }

  /**
   * Moves a level's traffic to one of its backends, step by step, and puts everything back when that
   * one does worse than the others by more than a limit. Decisions are told as `rollout` events.
   * @throws ConfigurationError when an option is wrong
   * @throws ConflictError when no other backend of the level has a share, or a rollout of the level is
   * under way
   */
  rollout(options: RolloutOptions): Rollout {
    return this.#members.rollout(options);
  }

  /**
   * Adds a backend. In a level whose shares were set by {@link setTraffic} it gets nothing until it
   * is named there.
   * @throws ConfigurationError when an option is wrong or the id is taken
   */
  add(options: BackendOptions): void {
    this.#members.add(options);
  }

  /**
   * Takes a backend out: it gets no more requests from now on. What it has is finished with `drain`,
   * and otherwise cut off; a request that is cut off is made again elsewhere if it may be. Resolves
   * when the backend is gone. Called again, without `drain`, it cuts short what still drains.
   * @throws ConfigurationError when there is no such backend
   * @throws ConflictError when no other one has a share
   */
  remove(id: string, options: RemoveOptions = {}): Promise<void> {
    return this.#members.remove(id, options);
  }

  /**
   * Puts other options in the place of the present ones, for requests that come from now on; those that
   * are under way end as they would have. What does not differ from the options before is not touched:
   * connections, trips and counters, and what was changed by {@link setTraffic}, {@link add} and
   * {@link remove}. Backends that are not among them any more are drained.
   * @param options all of them, as the pool is made with
   * @throws ConfigurationError when one is wrong, or cannot change while requests are served; all stays
   * then
   */
  reconfigure(options: PoolOptions, removal: ReconfigureOptions = {}): void {
    const change = this.plan(options, removal);
    change.apply();
    change.settle();
  }

  /**
   * Checks options for {@link reconfigure}, which may be a part of a larger change.
   * @throws ConfigurationError as `reconfigure` does
   */
  plan(options: unknown, removal: ReconfigureOptions = {}): PlannedChange {
    const path = `pool(${this.name})`;
    this.#members.checks.live(`${path}.reconfigure`);
    const config = readPoolOptions(this.name, options);
    const { drainTimeoutMs } = readReconfigureOptions(removal, `${path}.reconfigure`);
    const before = this.#config;
    const plan = planMembers(before.backends, config.backends, path, this.#members.all);
    return {
      apply: () => {
        this.#untold = [];
        this.#config = config;
        this.#members.reconfigure(plan, drainTimeoutMs);
        this.#changeQueue(config.queue);
        this.level.apdexMs = config.apdexMs;
        this.reconfigured(before);
      },
      settle: () => {
        const { joining, leaving, priorities, weights } = plan;
        const isOther = joining.length + leaving.length + priorities.size + weights.size > 0;
        const moved = [...plan.changing.values()].some(
          ({ id, priority }) =>
            before.backends.find((backend) => backend.id === id)?.priority !== priority,
        );
        try {
          if (isOther || moved || before.balance !== config.balance) this.#members.settle(plan);
        } finally {
          // A coordinator may fail to tell the others: the change is made here all the same.
          const untold = this.#untold ?? [];
          this.#untold = undefined;
          for (const each of untold) each();
          this.#serveWaiting();
        }
      },
    };
  }

  /** The options have changed; nobody is served before this returns. */
  protected reconfigured(_before: PoolConfig): void {}

  /** Ends a backend that was removed, and what it still has. */
  protected async discard(backend: B): Promise<void> {
    backend.dispose();
  }

  #trafficChanged(shares: () => Shares): void {
    if (this.listenerCount('traffic') > 0) this.#tell('traffic', { shares: shares() });
    this.#serveWaiting();
  }

  #changeQueue(queue: PoolConfig['queue']): void {
    if (queue === undefined) return;
    if (this.#queue === undefined) this.#queue = new Deadlines(queue.timeoutMs, this.clock);
    else if (this.#queue.durationMs !== queue.timeoutMs) this.#queue.setDuration(queue.timeoutMs);
  }

  #countSpillover(from: number, to: number): void {
    for (const spillover of this.#spillovers) {
      if (spillover.from !== from || spillover.to !== to) continue;
      spillover.count++;
      return;
    }
    this.#spillovers.push({ from, to, count: 1 });
  }

  #tell<E extends keyof PoolEvents>(name: E, event: PoolEvents[E][0]): void {
    if (this.#untold !== undefined) {
      this.#untold.push(() => this.#tell(name, event));
      return;
    }
    tell(() => (this as EventEmitter).emit(name, event));
  }

  #availabilityChanged(backend: B): void {
    this.#members.availabilityChanged(backend);
    if (backend.available) this.#serveWaiting();
    else if (backend.refuses) this.#refuseWaiting();
  }

  #refuseWaiting(): void {
    if (this.isFull) return;
    for (let first = this.queue?.first; first !== undefined; first = this.queue?.first) {
      this.queue?.remove(first);
      first.giveUp();
    }
  }

  #serveWaiting(): void {
    if (this.#untold !== undefined) return;
    for (let first = this.queue?.first; first !== undefined; first = this.queue?.first) {
      const backend = this.select(first);
      if (backend === undefined) return;
      this.queue?.remove(first);
      first.run(backend);
    }
  }
}

/** What instances should have alike, without credentials. */
function summaryOf({ balance, backends }: PoolConfig): PoolSummary {
  const each = backends.map(({ id, url, priority, weight, maxCount }) => [
    id,
    {
      ...(url === undefined ? { handler: true } : { url: shownUrl(url) }),
      priority,
      weight,
      ...(Number.isFinite(maxCount) && { maxCount }),
    },
  ]);
  return { balance, backends: Object.fromEntries(each) };
}
