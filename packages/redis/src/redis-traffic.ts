import type { SharedTraffic, TrafficChange } from '@spillway/core';
import type { Connections } from './connections.ts';

/** What the traffic of all pools has in common. */
export interface TrafficHost {
  readonly connections: Connections;
  readonly instance: string;
  readonly channel: string;
  /** A change that was made elsewhere does not fit here. */
  misfits(pool: string, change: TrafficChange, error: unknown): void;
  trafficClosed(traffic: RedisTraffic): void;
}

/** What one instance tells the others of a change, beside its version. */
export interface TrafficMessage {
  readonly instance: string;
  readonly pool: string;
  readonly field: string;
  readonly value: string;
}

/** The order in which what was changed before is made good: what is named has to be there. */
const ORDER: readonly TrafficChange['kind'][] = ['added', 'shares', 'removed', 'shadow'];

/**
 * The traffic of one pool: a hash in Redis, in which each field is the latest change of its kind, and
 * a message for each change. Redis says which of two changes of the same thing comes last.
 */
export class RedisTraffic implements SharedTraffic {
  readonly pool: string;
  readonly #key: string;
  readonly #host: TrafficHost;
  readonly #apply: (change: TrafficChange) => void;
  /** What is in Redis, as far as is known, and what is to be. */
  readonly #fields = new Map<string, string>();
  /** Fields that have changed here, and are not sent yet. */
  readonly #unsent = new Set<string>();
  /** By field, how many changes of our own are on their way: what others tell before them is older. */
  readonly #onTheirWay = new Map<string, number>();
  #version = 0;
  #closed = false;

  constructor(
    pool: string,
    key: string,
    host: TrafficHost,
    apply: (change: TrafficChange) => void,
  ) {
    this.pool = pool;
    this.#key = key;
    this.#host = host;
    this.#apply = apply;
  }

  publish(change: TrafficChange): void {
    const field = fieldOf(change);
    this.#fields.set(field, JSON.stringify(change));
    this.#unsent.add(field);
    this.#send();
  }

  close(): void {
    this.#closed = true;
    this.#host.trafficClosed(this);
  }

  /** A message of this pool has come, an own one too. */
  received(version: number, { instance, field, value }: TrafficMessage): void {
    this.#version = Math.max(this.#version, version);
    if (instance === this.#host.instance) this.#arrived(field);
    else this.#changed(field, value);
  }

  /** Reads what it may have missed. Told what to start with, it reads nothing. */
  async catchUp(known?: Readonly<Record<string, string>>): Promise<void> {
    const { commands, isReady } = this.#host.connections;
    if (known === undefined && !isReady) return;
    try {
      const { version = '0', ...fields } = known ?? (await commands.hgetall(this.#key));
      if (this.#closed) return;
      if (known !== undefined && this.#version > 0) return;
      if (Number(version) < this.#version) {
        // Redis has lost it. Any instance may be the first to say so: they all say the same.
        for (const field of this.#fields.keys()) this.#unsent.add(field);
      } else {
        const kindOf = (value: string) => ORDER.indexOf((JSON.parse(value) as TrafficChange).kind);
        const changes = Object.entries(fields).sort(([, a], [, b]) => kindOf(a) - kindOf(b));
        for (const [field, value] of changes) this.#changed(field, value);
      }
      this.#version = Number(version);
      this.#send();
    } catch {
      // It is tried again when Redis is back.
    }
  }

  #changed(field: string, value: string): void {
    if (this.#closed || this.#unsent.has(field) || this.#onTheirWay.has(field)) return;
    if (this.#fields.get(field) === value) return;
    this.#fields.set(field, value);
    const change = JSON.parse(value) as TrafficChange;
    try {
      this.#apply(change);
    } catch (error) {
      this.#host.misfits(this.pool, change, error);
    }
  }

  #send(): void {
    const { connections, instance, channel } = this.#host;
    if (!connections.isReady || this.#closed) return;
    for (const field of this.#unsent) {
      const value = this.#fields.get(field) as string;
      const message: TrafficMessage = { instance, pool: this.pool, field, value };
      this.#onTheirWay.set(field, (this.#onTheirWay.get(field) ?? 0) + 1);
      connections.commands
        .spillwayPublish(this.#key, field, value, channel, JSON.stringify(message))
        .catch(() => {
          this.#arrived(field);
          this.#unsent.add(field);
        });
    }
    this.#unsent.clear();
  }

  #arrived(field: string): void {
    const left = (this.#onTheirWay.get(field) ?? 1) - 1;
    if (left > 0) this.#onTheirWay.set(field, left);
    else this.#onTheirWay.delete(field);
  }
}

/** A backend that was added and removed again has one field for both: the latter is what counts. */
function fieldOf(change: TrafficChange): string {
  if (change.kind === 'shares') return `shares:${change.priority}`;
  return `${change.kind === 'shadow' ? 'shadow' : 'backend'}:${change.id}`;
}
