import type { SharedSlots } from '@spillway/core';
import Bottleneck from 'bottleneck';
import type { Connections } from './connections.ts';
import { type Claim, fairShare } from './fair-share.ts';
import { bottleneckKeys, KEYS_KEPT_MS } from './scripts.ts';

/** How long a request waits for word from Redis: with what follows, it is decided within 50 ms. */
export const ANSWER_WITHIN_MS = 40;
const LOOK_EVERY_MS = 10;
/** How often an instance looks what the others have; a slot without use is kept for as long at least. */
const REVIEW_EVERY_MS = 250;
/**
 * After Redis was away, or has lost everything, nobody takes more than its share for so long: all are
 * to have said first what is at work with them.
 */
const RESERVE_MS = 1_000;
/** Bottleneck's own sign of life, by which it knows whom to offer what is free. */
const HEARTBEAT_MS = 1_000;

/** What the slots of all limits have in common. */
export interface SlotsHost {
  readonly connections: Connections;
  readonly onUnavailable: 'local' | 'reject';
  readonly isAvailable: boolean;
  /** How many instances there are, as far as was seen last. */
  readonly instances: number;
  /** Redis has not answered in time. */
  lost(): void;
  /** The limit was another one, which some other instance had set. */
  differs(id: string, theirs: number, ours: number): void;
  slotsClosed(slots: RedisSlots): void;
}

/** What Bottleneck keeps to itself. */
interface Internals {
  readonly _store: { readonly heartbeat?: NodeJS.Timeout };
  channel_client(): string;
}

/** What Bottleneck's `debug` event says when a job was offered to Redis. */
interface Drained {
  readonly success?: boolean;
}

/**
 * This instance's part of the slots of one limit. To Bottleneck, whose Redis datastore counts them
 * for all instances, each slot that is held here is a job, which lasts for as long as there are
 * requests for it and nobody else is short of slots. So requests cost Redis next to nothing.
 */
export class RedisSlots implements SharedSlots {
  readonly #id: string;
  readonly #maxCount: number;
  readonly #host: SlotsHost;
  readonly #changed: () => void;
  #limiter: Bottleneck | undefined;
  #client = '';
  /** The client that the current one replaces, until Redis knows. */
  #replaced = '';
  /** Ends a job each: slots that are held. */
  readonly #jobs: (() => void)[] = [];
  /** Slots that are held without a job, since Redis lost the jobs: they were at work. */
  #claimed = 0;
  /** Jobs that Bottleneck was given and has not begun. */
  #asked = 0;
  /** Some of them were offered to Redis, and there was no slot free. */
  #noneFree = false;
  /** How many may be asked for at once: few, once none was free. */
  #burst: number;
  /** The most that may be held, so that the others have theirs. */
  #fair: number;
  #reservedUntil = 0;
  #running = 0;
  #waiting = 0;
  /** The fewest slots without use since the last review. */
  #spare = 0;
  #reviewTimer: NodeJS.Timeout | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  #lastWanted = 0;
  #answers = 0;
  #limitSet = false;
  #closed = false;

  constructor(id: string, maxCount: number, host: SlotsHost, changed: () => void) {
    this.#id = id;
    this.#maxCount = maxCount;
    this.#burst = maxCount;
    this.#fair = maxCount;
    this.#host = host;
    this.#changed = changed;
    if (host.isAvailable) this.#begin();
  }

  get capacity(): number {
    const { isAvailable, onUnavailable } = this.#host;
    if (this.#closed) return 0;
    if (isAvailable) return Math.min(this.#held, this.#fair);
    return onUnavailable === 'reject' ? 0 : this.#share;
  }

  get reachable(): number {
    const isAsked = this.#host.isAvailable && !this.#noneFree && !this.#closed;
    return isAsked ? this.#fair : this.capacity;
  }

  get refuses(): boolean {
    return !this.#host.isAvailable && this.#host.onUnavailable === 'reject';
  }

  use(running: number, waiting: number): void {
    this.#running = running;
    this.#waiting = waiting;
    this.#spare = Math.min(this.#spare, this.#held - running);
    if (!this.#closed && this.#host.isAvailable) this.#adjust();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#reviewTimer);
    clearTimeout(this.#answerTimer);
    for (const end of this.#jobs.splice(0)) end();
    const { commands, isReady } = this.#host.connections;
    if (isReady) {
      const [, , , , , seen, wants] = this.#keys();
      commands.zrem(seen as string, this.#client).catch(() => {});
      commands.hdel(wants as string, this.#client).catch(() => {});
    }
    this.#limiter?.disconnect(false);
    this.#host.slotsClosed(this);
  }

  /** Redis is away: what was asked for will not come, or too late. */
  lost(): void {
    clearTimeout(this.#reviewTimer);
    clearTimeout(this.#answerTimer);
    this.#reviewTimer = undefined;
    this.#answerTimer = undefined;
    this.#changed();
  }

  /** Redis is there. What has gone on meanwhile is made known to it, under a name of its own. */
  found(): void {
    this.#begin();
    this.#fair = this.#share;
    this.#reservedUntil = performance.now() + RESERVE_MS;
    this.#changed();
    if (this.#running + this.#waiting > 0) this.#adjust();
  }

  #begin(): void {
    const old = this.#limiter;
    const replaced = this.#client;
    if (old !== undefined) this.#abandon(old);
    this.#jobs.length = 0;
    this.#asked = 0;
    this.#stopExpecting();
    this.#noneFree = false;
    this.#burst = this.#maxCount;
    this.#fair = this.#maxCount;
    this.#claimed = this.#running;
    this.#spare = 0;
    const limiter = new Bottleneck({
      id: this.#id,
      maxConcurrent: this.#maxCount,
      connection: this.#host.connections.bottleneck,
      heartbeatInterval: HEARTBEAT_MS,
      timeout: KEYS_KEPT_MS,
    });
    this.#limiter = limiter;
    this.#client = (limiter as unknown as Internals)
      .channel_client()
      .slice(`b_${this.#id}_`.length);
    this.#replaced = replaced;
    limiter.on('debug', (message: string, drained: Drained | undefined) => {
      if (message.startsWith('Drained') && drained?.success === false) this.#foundNoneFree(limiter);
    });
    // Sent as soon as Bottleneck is ready, and so in front of whatever is asked of it.
    limiter.ready().then(
      () => {
        if (this.#limiter === limiter && !this.#closed) this.#review();
      },
      () => {},
    );
  }

  /** What is this instance's own when nothing is known but how many there are. */
  get #share(): number {
    return Math.max(1, Math.floor(this.#maxCount / this.#host.instances));
  }

  get #awaitsAnswer(): boolean {
    return this.#host.isAvailable && !this.#noneFree && this.#asked > 0;
  }

  /**
   * What the others are told. Who was refused may come again, or may have gone elsewhere: then it is
   * not seen how many there are, and twice as many are assumed as have a slot.
   */
  get #wanted(): number {
    const assumed = this.#asked > 0 ? 2 * this.#held + 1 : 0;
    return Math.min(Math.max(this.#running + this.#waiting, assumed), this.#maxCount);
  }

  get #held(): number {
    return this.#jobs.length + this.#claimed;
  }

  #keys(): readonly string[] {
    return [...bottleneckKeys(this.#id), `${this.#id}:seen`, `${this.#id}:wants`];
  }

  /** Asks for what is missing, and gives back what others are short of. */
  #adjust(): void {
    while (this.#held > this.#fair && this.#held > this.#running) this.#giveBack();
    const wanted = Math.min(this.#running + this.#waiting, this.#fair);
    const atOnce = this.#noneFree ? 1 : this.#burst;
    const missing = Math.min(wanted - this.#held, atOnce) - this.#asked;
    for (let each = 0; each < missing; each++) this.#ask();
    if (this.#held + this.#asked + this.#waiting > 0) this.#reviewWithin(REVIEW_EVERY_MS);
  }

  #ask(): void {
    const limiter = this.#limiter as Bottleneck;
    this.#asked++;
    if (!this.#noneFree && this.#answerTimer === undefined) this.#expectAnswer();
    const job = limiter.schedule(() => this.#granted(limiter));
    // It never began: the connection broke, or Bottleneck itself.
    job.catch(() => {
      if (this.#limiter === limiter && !this.#closed) this.#host.lost();
    });
  }

  /** A job has begun: one slot more is ours, until the promise resolves. */
  #granted(limiter: Bottleneck): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#closed || this.#limiter !== limiter) {
      resolve();
      return promise;
    }
    this.#asked--;
    this.#answers++;
    this.#jobs.push(resolve);
    this.#burst = Math.min(this.#burst * 2, this.#maxCount);
    if (this.#asked === 0) this.#noneFree = false;
    if (!this.#awaitsAnswer) this.#stopExpecting();
    this.#changed();
    if (this.#host.isAvailable) this.#adjust();
    return promise;
  }

  #foundNoneFree(limiter: Bottleneck): void {
    if (this.#limiter !== limiter || this.#noneFree || this.#asked === 0) return;
    this.#noneFree = true;
    this.#answers++;
    this.#burst = 1;
    this.#stopExpecting();
    // The others learn by it that somebody is short.
    this.#reviewWithin(0);
    this.#changed();
  }

  #giveBack(): void {
    this.#spare = Math.max(0, this.#spare - 1);
    if (this.#claimed > 0) {
      this.#claimed--;
      this.#reviewWithin(0);
    } else {
      this.#jobs.pop()?.();
    }
  }

  #giveBackIdle(): void {
    for (let idle = this.#held - this.#running - this.#waiting; idle > 0; idle--) this.#giveBack();
  }

  /** Time in which this process was too busy to look counts for less: the answer may be there. */
  #expectAnswer(patienceMs = ANSWER_WITHIN_MS, answers = this.#answers): void {
    const dueAt = performance.now() + LOOK_EVERY_MS;
    const timer = setTimeout(() => {
      const isLate = performance.now() - dueAt > LOOK_EVERY_MS / 2;
      const left = patienceMs - (isLate ? LOOK_EVERY_MS / 2 : LOOK_EVERY_MS);
      // What has arrived is read before.
      setImmediate(() => {
        if (this.#answerTimer !== timer) return;
        this.#answerTimer = undefined;
        if (this.#closed || !this.#awaitsAnswer) return;
        if (this.#answers !== answers) this.#expectAnswer();
        else if (left > 0) this.#expectAnswer(left, answers);
        else this.#host.lost();
      });
    }, LOOK_EVERY_MS);
    this.#answerTimer = timer;
    timer.unref();
  }

  #stopExpecting(): void {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
  }

  #reviewWithin(delayMs: number): void {
    if (this.#reviewTimer !== undefined) {
      if (delayMs > 0) return;
      clearTimeout(this.#reviewTimer);
    }
    this.#reviewTimer = setTimeout(() => {
      this.#reviewTimer = undefined;
      this.#giveBackSpare();
      this.#review();
    }, delayMs);
    this.#reviewTimer.unref();
  }

  #giveBackSpare(): void {
    for (let spare = this.#spare; spare > 0; spare--) this.#giveBack();
    this.#spare = this.#held - this.#running;
  }

  async #review(): Promise<void> {
    const limiter = this.#limiter as Bottleneck;
    const { connections } = this.#host;
    const wanted = this.#wanted;
    const jobs = this.#jobs.length;
    this.#lastWanted = wanted;
    try {
      const reply = await connections.commands.spillwayReview(
        ...this.#keys(),
        this.#client,
        this.#replaced,
        this.#claimed,
        wanted,
        this.#maxCount,
        this.#limitSet ? 0 : 1,
      );
      if (this.#closed || this.#limiter !== limiter || !this.#host.isAvailable) return;
      if (reply === null || Number(reply[1]) < jobs) this.found();
      else this.#reviewed(limiter, reply);
    } catch {
      if (!this.#closed && this.#limiter === limiter) this.#host.lost();
    }
  }

  #reviewed(limiter: Bottleneck, reply: readonly (string | number)[]): void {
    const [freed, , limit] = reply;
    this.#replaced = '';
    if (!this.#limitSet && Number(limit) !== this.#maxCount) {
      this.#host.differs(this.#id, Number(limit), this.#maxCount);
    }
    this.#limitSet = true;
    // Bottleneck counts, and tells those who wait, at its next script: this one.
    if (Number(freed) === 1) limiter.running().catch(() => {});
    const claims: Claim[] = [];
    for (let at = 3; at + 2 < reply.length; at += 3) {
      const [client, held, wanted] = reply.slice(at, at + 3);
      claims.push({ client: String(client), held: Number(held), wanted: Number(wanted) });
    }
    const isReserved = performance.now() < this.#reservedUntil;
    this.#fair = isReserved ? this.#share : fairShare(claims, this.#client, this.#maxCount);
    const someoneIsShort = claims.some(
      ({ client, held, wanted }) => client !== this.#client && held < wanted,
    );
    if (someoneIsShort) this.#giveBackIdle();
    const busy = this.#held + this.#asked + this.#running + this.#waiting + this.#lastWanted > 0;
    if (busy || isReserved) this.#reviewWithin(REVIEW_EVERY_MS);
    // Until the next one nothing is known of the others.
    else this.#fair = this.#maxCount;
    this.#changed();
    this.#adjust();
  }

  /** It may still be waiting for Redis: its timer is stopped whenever it has one. */
  #abandon(limiter: Bottleneck): void {
    const { _store, channel_client } = limiter as unknown as Internals;
    const channel = channel_client.call(limiter);
    limiter.ready().then(
      () => clearInterval(_store.heartbeat),
      () => {},
    );
    this.#host.connections.forget(channel);
  }
}
