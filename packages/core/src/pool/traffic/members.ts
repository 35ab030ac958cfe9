import type { BreakerRule } from '../../breaker/rule.ts';
import type { Clock, Random } from '../../clock.ts';
import type { Backend, BackendConfig } from '../backend.ts';
import { type Balance, Level } from '../level.ts';
import { type BackendOptions, readNewBackend } from '../options.ts';
import { totalWeight } from '../smooth-shares.ts';
import { type CheckedRemoval, TrafficChecks } from './checks.ts';
import type { MembersPlan } from './members-plan.ts';
import type { Shares } from './options.ts';
import { Removal } from './removal.ts';
import { Rollout, type RolloutReport } from './rollout.ts';
import { Shadow, type ShadowSetting } from './shadow.ts';
import type { TrafficChange } from './shared-traffic.ts';

/** What the members of a pool need of it. */
export interface MembersHost<B extends Backend> {
  /** `pool(NAME)`, for errors. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How a level's traffic is shared, as things are. */
  readonly balance: Balance;
  /** The rule of backends that have none of their own, as things are. */
  readonly breaker: BreakerRule | undefined;
  make(config: BackendConfig): B;
  /** Ends a backend that has left, and what it still has. */
  discard(backend: B): Promise<void>;
  /** The shares of a level, or its backends, have changed. */
  changed(shares: () => Shares): void;
  decided(report: RolloutReport): void;
  shadowed(setting: ShadowSetting): void;
  /** The traffic was changed here; instances that share it are to do the same. */
  publish(change: TrafficChange): void;
}

/**
 * Which backends a pool has, and how its traffic is shared among them. Gathered anew at each change
 * and only read per request, so that a change is atomic and costs requests nothing.
 */
export class Members<B extends Backend> {
  readonly checks: TrafficChecks<B>;
  readonly #host: MembersHost<B>;
  #all: readonly B[];
  #serving: readonly B[] = [];
  #levels: readonly Level<B>[] = [];
  /** The priorities whose shares were set: what joins them gets nothing until it is named. */
  readonly #sharedOut = new Set<number>();
  readonly #removals = new Map<B, Removal>();
  /** By priority. */
  readonly #rollouts = new Map<number, Rollout>();
  #shadows: readonly Shadow<B>[] = [];
  readonly #everShadowed = new Map<B, Shadow<B>>();
  #hasHandlers = false;
  #hasLimits = false;
  #isOver = false;
  /** Rollouts of levels that are shared out in another way. */
  #overruled: readonly Rollout[] = [];

  constructor(configs: readonly BackendConfig[], host: MembersHost<B>) {
    this.checks = new TrafficChecks(host.path, this);
    this.#host = host;
    this.#all = configs.map((config) => host.make(config));
    this.#gather();
  }

  /** Those too that have no share, or are being removed. */
  get all(): readonly B[] {
    return this.#all;
  }

  /** Those that have a share. */
  get serving(): readonly B[] {
    return this.#serving;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The lowest priority number first. */
  get levels(): readonly Level<B>[] {
    return this.#levels;
  }

  get rollouts(): Iterable<Rollout> {
    return this.#rollouts.values();
  }

  rolloutOf(priority: number): Rollout | undefined {
    return this.#rollouts.get(priority);
  }

  /** What this backend is a shadow by, or has been. */
  shadowOf(id: string): Shadow<B> | undefined {
    const backend = this.#all.find((each) => each.id === id);
    return backend && this.#everShadowed.get(backend);
  }

  /** Whether any is a handler of this process. */
  get hasHandlers(): boolean {
    return this.#hasHandlers;
  }

  /** Whether any has a `maxCount`. */
  get hasLimits(): boolean {
    return this.#hasLimits;
  }

  get shadows(): readonly Shadow<B>[] {
    return this.#shadows;
  }

  /**
   * Makes a change that was made in another instance. One that this instance has made by itself
   * already is as made.
   * @throws ConfigurationError when it does not fit: the instances are configured differently
   */
  apply(change: TrafficChange): void {
    const named = 'id' in change ? this.#all.find(({ id }) => id === change.id) : undefined;
    const present = named?.draining === false ? named : undefined;
    if (change.kind === 'shares') {
      this.#setTraffic(change.shares, (shares) => this.#share(shares));
    } else if (change.kind === 'shadow') {
      const compare = present && this.#everShadowed.get(present)?.compare;
      const { proportion, methods } = change;
      this.#setShadow(change.id, proportion, { methods, compare });
    } else if (change.kind === 'added') {
      if (present === undefined) this.#add(change.options);
    } else if (named !== undefined) {
      const { id, drain, timeoutMs } = change;
      // What it cannot do, it has thrown by now.
      this.#remove(this.checks.removal(id, { drain, timeoutMs })).catch(() => {});
    }
  }

  setShadow(id: string, proportion: unknown, options: unknown): void {
    const { methods, ...set } = this.#setShadow(id, proportion, options);
    this.#host.publish({ kind: 'shadow', id, proportion: set.proportion, methods });
  }

  #setShadow(id: string, proportion: unknown, given: unknown): ShadowSetting {
    const { backend, options, ...read } = this.checks.shadow(id, proportion, given);
    // The same one again, so that what is under way still counts.
    const shadow = this.#everShadowed.get(backend) ?? new Shadow(backend, this.#host.clock);
    shadow.set(read.proportion, options);
    this.#everShadowed.set(backend, shadow);
    const others = this.#shadows.filter((other) => other !== shadow);
    this.#shadows = read.proportion === 0 ? others : [...others, shadow];
    const setting = { backend: id, proportion: read.proportion, methods: options.methods };
    this.#host.shadowed(setting);
    return setting;
  }

  setTraffic(shares: unknown): void {
    this.#setTraffic(shares, (read) => this.#shareEverywhere(read));
  }

  #setTraffic(shares: unknown, share: (shares: ReadonlyMap<B, number>) => void): void {
    const read = this.checks.shares(shares);
    const change = () => share(read);
    const [first] = read.keys();
    const rollout = first && this.#rollouts.get(first.priority);
    if (rollout === undefined) change();
    else rollout.supersede('the shares were set', change);
  }

  add(options: unknown): void {
    const { id, handler } = this.#add(options);
    // A function is of this process only.
    if (handler !== undefined) return;
    this.#host.publish({ kind: 'added', id, options: options as BackendOptions });
  }

  #add(options: unknown): BackendConfig {
    const { path, breaker } = this.#host;
    this.checks.live(`${path}.add`);
    const ids = this.#all.map(({ id }) => id);
    const config = readNewBackend(options, `${path}.add`, breaker, ids);
    const backend = this.#host.make(config);
    if (this.#sharedOut.has(config.priority)) backend.setWeight(0);
    this.#all = [...this.#all, backend];
    this.#changed();
    return config;
  }

  async remove(id: string, options: unknown): Promise<void> {
    const removal = this.checks.removal(id, options);
    const gone = this.#remove(removal);
    const { drain, timeoutMs } = removal;
    this.#host.publish({ kind: 'removed', id, drain, timeoutMs });
    await gone;
  }

  #remove({ backend, drain, timeoutMs }: CheckedRemoval<B>): Promise<void> {
    const removal = this.#removals.get(backend) ?? this.#beginRemoval(backend);
    if (drain) removal.within(timeoutMs);
    else removal.end();
    return removal.gone;
  }

  rollout(options: unknown): Rollout {
    const { config, to, level } = this.checks.rollout(options);
    const { priority } = to;
    return new Rollout(config, to, level, {
      clock: this.#host.clock,
      began: (rollout) => this.#rollouts.set(priority, rollout),
      share: (shares) => this.#shareEverywhere(shares as ReadonlyMap<B, number>),
      report: (report) => this.#host.decided(report),
      ended: () => this.#rollouts.delete(priority),
    });
  }

  /**
   * Makes a planned change. The levels are as they were until {@link settle}.
   * @param drainTimeoutMs how long those that leave may take to finish what they have
   */
  reconfigure(plan: MembersPlan<B>, drainTimeoutMs: number): void {
    const { joining, changing, leaving, priorities, weights } = plan;
    const moving = [...changing].filter(([{ priority }, config]) => priority !== config.priority);
    const gone = new Set(leaving.map(({ id }) => id));
    // A rollout shares out among those that its level had when it began.
    const overruled = new Set([...priorities, ...moving.map(([{ priority }]) => priority)]);
    this.#overruled = [...this.#rollouts.values()].filter(
      ({ config, priority }) => overruled.has(priority) || gone.has(config.to),
    );
    for (const [backend, config] of changing) {
      if (backend.draining) this.#reinstate(backend);
      backend.reconfigure(config);
      this.#everShadowed.get(backend)?.followBackend();
    }
    this.#all = [...this.#all, ...joining.map((config) => this.#host.make(config))];
    this.#survey();
    for (const backend of this.#all) {
      const weight = weights.get(backend.id);
      if (weight !== undefined) backend.setWeight(weight);
    }
    for (const priority of priorities) this.#sharedOut.delete(priority);
    for (const backend of leaving) {
      const removal = this.#makeRemoval(backend);
      this.#dropShadow(backend);
      removal.within(drainTimeoutMs);
      backend.drain();
    }
  }

  /** Shares the traffic out by what {@link reconfigure} has changed. */
  settle({ priorities }: MembersPlan<B>): void {
    for (const rollout of this.#overruled) {
      rollout.supersede('the options were changed', () => {});
    }
    this.#overruled = [];
    this.#changed();
    for (const priority of priorities) this.#publishLevel(priority);
  }

  /** The last request of a backend that is being removed has ended. */
  drained(backend: B): void {
    this.#removals.get(backend)?.end();
  }

  availabilityChanged(backend: B): void {
    for (const level of this.#levels) {
      if (level.priority === backend.priority) level.availabilityChanged();
    }
  }

  /** Resolves when those that are being removed are gone. */
  async dispose(): Promise<void> {
    this.#isOver = true;
    for (const rollout of [...this.#rollouts.values()]) {
      rollout.supersede('the pool has ended', () => {});
    }
    const removals = [...this.#removals.values()];
    for (const removal of removals) removal.end();
    for (const shadow of this.#everShadowed.values()) shadow.dispose();
    for (const backend of this.#all) backend.dispose();
    await Promise.all(removals.map(({ gone }) => gone));
  }

  #shareEverywhere(shares: ReadonlyMap<B, number>): void {
    const [first] = shares.keys();
    if (first !== undefined) {
      const present = [...shares].filter(([{ draining }]) => !draining);
      const named = Object.fromEntries(present.map(([{ id }, share]) => [id, share]));
      this.#host.publish({ kind: 'shares', priority: first.priority, shares: named });
    }
    this.#share(shares);
  }

  #share(shares: ReadonlyMap<B, number>): void {
    for (const [backend, share] of shares) {
      backend.setWeight(share);
      this.#sharedOut.add(backend.priority);
    }
    this.#changed();
  }

  #beginRemoval(backend: B): Removal {
    const removal = this.#makeRemoval(backend);
    const leave = () => {
      this.#dropShadow(backend);
      backend.drain();
      this.#changed();
    };
    const rollout = this.#rollouts.get(backend.priority);
    if (rollout?.config.to !== backend.id) leave();
    else rollout.supersede('the backend is being removed', leave);
    return removal;
  }

  #makeRemoval(backend: B): Removal {
    const removal = new Removal(this.#host.clock, async () => {
      this.#all = this.#all.filter((other) => other !== backend);
      await this.#host.discard(backend);
      this.#removals.delete(backend);
    });
    this.#removals.set(backend, removal);
    return removal;
  }

  #reinstate(backend: B): void {
    this.#removals.get(backend)?.revoke();
    this.#removals.delete(backend);
    backend.reinstate();
  }

  /** For instances that share the traffic: those that come later begin with it. */
  #publishLevel(priority: number): void {
    const peers = this.#serving.filter((backend) => backend.priority === priority);
    const total = totalWeight(peers);
    if (total === 0) return;
    const shares = peers.map(({ id, weight }) => [id, weight / total]);
    this.#host.publish({ kind: 'shares', priority, shares: Object.fromEntries(shares) });
  }

  #dropShadow(backend: B): void {
    this.#everShadowed.get(backend)?.dispose();
    this.#everShadowed.delete(backend);
    this.#shadows = this.#shadows.filter((shadow) => shadow.backend !== backend);
  }

  #changed(): void {
    this.#gather();
    this.#host.changed(() => {
      const present = this.#all.filter(({ draining }) => !draining);
      return Object.fromEntries(present.map(({ id, weight }) => [id, weight]));
    });
  }

  #survey(): void {
    this.#hasHandlers = this.#all.some(({ config }) => config.handler !== undefined);
    this.#hasLimits = this.#all.some(({ config }) => Number.isFinite(config.maxCount));
  }

  #gather(): void {
    const { balance, random } = this.#host;
    this.#survey();
    this.#serving = this.#all.filter(({ draining, weight }) => !draining && weight > 0);
    const priorities = new Set(this.#serving.map(({ priority }) => priority));
    this.#levels = [...priorities]
      .sort((a, b) => a - b)
      .map((priority) => {
        const peers = this.#serving.filter((backend) => backend.priority === priority);
        return new Level(priority, peers, balance, random);
      });
  }
}
