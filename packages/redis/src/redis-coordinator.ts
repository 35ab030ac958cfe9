import { randomUUID } from 'node:crypto';
import type { Coordinator, SharedSlots } from '@spillway/core';
import { Connections } from './connections.ts';
import type { RedisCoordinatorConfig } from './options.ts';
import { ANSWER_WITHIN_MS, RedisSlots, type SlotsHost } from './redis-slots.ts';
import { DEAD_AFTER_MS } from './scripts.ts';

/** How often an instance says that it is there. */
const PRESENCE_EVERY_MS = 1_000;
/** How often Redis is tried while it is away. */
const TRY_EVERY_MS = 100;

/** What instances have in common, kept in Redis. */
export class RedisCoordinator implements Coordinator, SlotsHost {
  readonly connections: Connections;
  readonly onUnavailable: RedisCoordinatorConfig['onUnavailable'];
  readonly #prefix: string;
  readonly #instance = randomUUID();
  readonly #slots = new Set<RedisSlots>();
  readonly #known = Promise.withResolvers<void>();
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

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  lost(): void {
    if (!this.#isAvailable || this.#closed !== undefined) return;
    this.#isAvailable = false;
    for (const slots of [...this.#slots]) slots.lost();
    this.#presentWithin(TRY_EVERY_MS);
  }

  differs(_id: string, _theirs: number, _ours: number): void {}

  closed(slots: RedisSlots): void {
    this.#slots.delete(slots);
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
        this.#saw(await commands.spillwayPresence(this.#key('instances'), this.#instance));
        this.#known.resolve();
        const isPrompt = performance.now() - askedAt < ANSWER_WITHIN_MS;
        if (isPrompt && !this.#isAvailable && this.#closed === undefined) this.#found();
      } catch {
        this.lost();
      }
    }
    if (this.#closed === undefined) {
      this.#presentWithin(this.#isAvailable ? PRESENCE_EVERY_MS : TRY_EVERY_MS);
    }
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
    for (const slots of [...this.#slots]) slots.found();
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
    if (isReady) commands.zrem(this.#key('instances'), this.#instance).catch(() => {});
    await this.connections.close();
  }
}
