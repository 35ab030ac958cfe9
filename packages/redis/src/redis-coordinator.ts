import { randomUUID } from 'node:crypto';
import {
  type BreakerHooks,
  type Coordinator,
  type Logger,
  type PoolSummary,
  type SharedBreaker,
  type SharedSlots,
  type SharedTraffic,
  silentLogger,
  type TrafficChange,
} from '@spillway/core';
import { Connections } from './connections.ts';
import type { RedisCoordinatorConfig } from './options.ts';
import { type BreakerHost, type BreakerMessage, RedisBreaker } from './redis-breaker.ts';
import { ANSWER_WITHIN_MS, RedisSlots, type SlotsHost } from './redis-slots.ts';
import { RedisTraffic, type TrafficHost, type TrafficMessage } from './redis-traffic.ts';
import { DEAD_AFTER_MS } from './scripts.ts';

/** How often an instance says that it is there. */
const PRESENCE_EVERY_MS = 1_000;
/** How often Redis is tried while it is away. */
const TRY_EVERY_MS = 100;

const CONFIGURED = 'configured';
const BREAKER = 'breaker';
const PRESENT = 'present';

/** What instances have in common, kept in Redis. */
export class RedisCoordinator implements Coordinator, SlotsHost, TrafficHost, BreakerHost {
  readonly connections: Connections;
  readonly onUnavailable: RedisCoordinatorConfig['onUnavailable'];
  readonly #prefix: string;
  readonly instance = randomUUID();
  readonly channel: string;
  /** By pool. */
  readonly #traffic = new Map<string, RedisTraffic>();
  readonly #breakers = new Map<string, RedisBreaker>();
  /** By pool, what its traffic was when this instance came. */
  readonly #earlier = new Map<string, Readonly<Record<string, string>>>();
  /** What has been told to the logger: once is enough. */
  readonly #summaries = new Map<string, string>();
  readonly #told = new Set<string>();
  #logger: Logger = silentLogger;
  readonly #slots = new Set<RedisSlots>();
  readonly #known = Promise.withResolvers<void>();
  #isKnown = false;
  #isAvailable = true;
  #instances = 1;
  #fewerSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  constructor(config: RedisCoordinatorConfig) {
    this.onUnavailable = config.onUnavailable;
    this.#prefix = config.prefix;
    this.connections = new Connections(config);
    const { commands } = this.connections;
    commands.on('ready', () => this.#sayPresent());
    commands.on('close', () => this.lost());
    this.channel = this.#key('traffic');
    const { subscriber } = this.connections;
    subscriber.on('message', (channel, message) => {
      if (channel === this.channel) this.#received(message);
    });
    subscriber.subscribe(this.channel).then(
      // From then on it is told of everything, when the connection has been away, too: see 'ready'.
      () => this.#catchUp(),
      () => {},
    );
    subscriber.on('ready', () => this.#catchUp());
  }

  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  get instances(): number {
    return this.#instances;
  }

  /** Resolves when Redis has answered for the first time, and it is known how many instances there are. */
  ready(): Promise<void> {
    return this.#known.promise;
  }

  slots(name: readonly string[], maxCount: number, changed: () => void): SharedSlots {
    // One hash slot for all that is kept of a limit, whatever stands in a key.
    const id = `${this.#prefix}:{${name.map(encodeURIComponent).join(':')}}`;
    const slots = new RedisSlots(id, maxCount, this, changed);
    this.#slots.add(slots);
    return slots;
  }

  join({ logger }: { readonly logger: Logger }): void {
    this.#logger = logger;
  }

  traffic(
    pool: string,
    summary: PoolSummary,
    apply: (change: TrafficChange) => void,
  ): SharedTraffic {
    const key = this.#key(`{pool:${encodeURIComponent(pool)}}:traffic`);
    const traffic = new RedisTraffic(pool, key, this, apply);
    this.#traffic.set(pool, traffic);
    // Not before the pool is made, and before any request.
    queueMicrotask(() => {
      const earlier = this.#earlier.get(pool);
      if (earlier !== undefined) traffic.catchUp(earlier);
      traffic.catchUp();
      this.#introduce(pool, summary);
    });
    return traffic;
  }

  breaker(path: readonly string[], hooks: BreakerHooks): SharedBreaker {
    const name = path.map(encodeURIComponent).join(':');
    const breaker = new RedisBreaker(name, this.#key(`{breaker:${name}}`), this, hooks);
    this.#breakers.set(name, breaker);
    return breaker;
  }

  tellBreakers(name: string, told: BreakerMessage): void {
    this.#tell({
      instance: this.instance,
      pool: name,
      field: BREAKER,
      value: JSON.stringify(told),
    });
  }

  breakerClosed(name: string): void {
    this.#breakers.delete(name);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  lost(): void {
    if (!this.#isAvailable || this.#closed !== undefined) return;
    this.#isAvailable = false;
    const meanwhile = this.onUnavailable === 'local' ? 'a share of each limit' : 'nothing';
    this.#logger.warn('Redis does not answer', { thisInstanceRuns: meanwhile });
    for (const slots of [...this.#slots]) slots.lost();
    this.#presentWithin(TRY_EVERY_MS);
  }

  differs(limit: string, theirs: number, ours: number): void {
    // Keys are as many as users, and nobody else's business.
    const [, kind = '', name = ''] = /\{(\w+):([^:}]*)/.exec(limit) ?? [];
    const details = { [kind]: decodeURIComponent(name), theirs, ours };
    this.#tellOnce(`${kind}:${name}`, 'instances have different limits; the latest holds', details);
  }

  misfits(pool: string, change: TrafficChange, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const details = { pool, change: change.kind, reason };
    this.#tellOnce(
      `misfits:${pool}:${reason}`,
      "another instance's change of traffic does not fit here",
      details,
    );
  }

  slotsClosed(slots: RedisSlots): void {
    this.#slots.delete(slots);
  }

  trafficClosed(traffic: RedisTraffic): void {
    this.#traffic.delete(traffic.pool);
  }

  #tellOnce(what: string, message: string, details: object): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#logger.warn(message, details);
  }

  #received(message: string): void {
    const space = message.indexOf(' ');
    const told = JSON.parse(message.slice(space + 1)) as TrafficMessage;
    if (told.field === BREAKER) {
      if (told.instance === this.instance) return;
      this.#breakers.get(told.pool)?.received(JSON.parse(told.value) as BreakerMessage);
    } else if (told.field === PRESENT) {
      if (told.instance !== this.instance) this.#sayPresent();
    } else if (told.field === CONFIGURED) {
      if (told.instance !== this.instance) this.#compare(told.pool, told.value);
    } else {
      this.#traffic.get(told.pool)?.received(Number(message.slice(0, space)), told);
    }
  }

  #catchUp(): void {
    for (const traffic of this.#traffic.values()) traffic.catchUp();
    for (const breaker of this.#breakers.values()) breaker.catchUp();
  }

  /** Says how this instance is configured, which is compared on both sides. */
  async #introduce(pool: string, summary: PoolSummary): Promise<void> {
    const value = JSON.stringify(summary);
    this.#summaries.set(pool, value);
    const { commands, isReady } = this.connections;
    if (!isReady) return;
    const key = this.#key(CONFIGURED);
    const message: TrafficMessage = { instance: this.instance, pool, field: CONFIGURED, value };
    try {
      const theirs = await commands.hget(key, pool);
      if (theirs !== null) this.#compare(pool, theirs);
      await commands.sadd(this.#key('pools'), pool);
      await commands.spillwayPublish(key, pool, value, this.channel, JSON.stringify(message));
    } catch {
      // It is for the logger alone.
    }
  }

  #compare(pool: string, theirs: string): void {
    const ours = this.#summaries.get(pool);
    if (ours === undefined || ours === theirs) return;
    const details = { pool, theirs: JSON.parse(theirs), ours: JSON.parse(ours) };
    this.#tellOnce(`pool:${pool}`, 'instances are configured differently', details);
  }

  /** What the pools' traffic is, so that they begin with it. */
  async #readEarlier(): Promise<void> {
    const { commands } = this.connections;
    for (const pool of await commands.smembers(this.#key('pools'))) {
      const key = this.#key(`{pool:${encodeURIComponent(pool)}}:traffic`);
      this.#earlier.set(pool, await commands.hgetall(key));
    }
  }

  #presentWithin(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#sayPresent(), delayMs);
    this.#timer.unref();
  }

  async #sayPresent(): Promise<void> {
    if (this.#closed !== undefined) return;
    // One at a time: the next is timed by this one's end.
    clearTimeout(this.#timer);
    const { commands, isReady } = this.connections;
    if (isReady) {
      const askedAt = performance.now();
      try {
        this.#saw(await commands.spillwayPresence(this.#key('instances'), this.instance));
        const isPrompt = performance.now() - askedAt < ANSWER_WITHIN_MS;
        if (!this.#isKnown) {
          await this.#readEarlier();
          this.#sayNew();
          this.#isKnown = true;
          this.#known.resolve();
        }
        if (isPrompt && !this.#isAvailable && this.#closed === undefined) this.#found();
      } catch {
        this.lost();
      }
    }
    if (this.#closed === undefined) {
      this.#presentWithin(this.#isAvailable ? PRESENCE_EVERY_MS : TRY_EVERY_MS);
    }
  }

  /** The others count anew: a share depends on how many there are. */
  #sayNew(): void {
    this.#tell({ instance: this.instance, pool: '', field: PRESENT, value: '' });
  }

  #tell(message: TrafficMessage): void {
    const { commands, isReady } = this.connections;
    if (isReady) commands.publish(this.channel, `0 ${JSON.stringify(message)}`).catch(() => {});
  }

  /** Fewer are believed only after a while: a Redis that has lost everything has not heard of all yet. */
  #saw(instances: number): void {
    const now = performance.now();
    if (instances >= this.#instances) {
      this.#instances = instances;
      this.#fewerSince = undefined;
    } else {
      this.#fewerSince ??= now;
      if (now - this.#fewerSince < DEAD_AFTER_MS) return;
      this.#instances = instances;
      this.#fewerSince = undefined;
    }
  }

  #found(): void {
    this.#isAvailable = true;
    this.#logger.info('Redis answers again');
    for (const slots of [...this.#slots]) slots.found();
    this.#catchUp();
  }

  #key(name: string): string {
    return `${this.#prefix}:${name}`;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const slots of [...this.#slots]) slots.close();
    // Bottleneck frees what has ended a few turns later.
    await new Promise((resolve) => setImmediate(resolve));
    const { commands, isReady } = this.connections;
    if (isReady) commands.zrem(this.#key('instances'), this.instance).catch(() => {});
    await this.connections.close();
  }
}
