import type { BreakerHooks, SharedBreaker, Trip } from '@spillway/core';
import type { Connections } from './connections.ts';

/** For so long the trial is one instance's, unless it says again that it is at it. */
const TRIAL_MS = 1_000;
const RENEW_EVERY_MS = 300;
/** How often those ask who do not have it. Who had no request for it leaves it to the others first. */
const ASK_EVERY_MS = 200;

/** What all breakers have in common. */
export interface BreakerHost {
  readonly connections: Connections;
  readonly instance: string;
  readonly isAvailable: boolean;
  /** Tells the breakers of this name in the other instances. */
  tellBreakers(name: string, told: BreakerMessage): void;
  breakerClosed(name: string): void;
}

interface TripMessage {
  readonly kind: 'tripped';
  readonly statusCode: number | null;
  readonly reason?: string | undefined;
  readonly durationMs: number;
}

export type BreakerMessage = TripMessage | { readonly kind: 'closed' };

/**
 * A breaker of all instances. What happens to it is a message; how long it is open, a key that expires
 * with it, for those who come later; and whose the trial is, a key that whoever is first may set.
 */
export class RedisBreaker implements SharedBreaker {
  readonly #name: string;
  readonly #hooks: BreakerHooks;
  readonly #host: BreakerHost;
  readonly #openKey: string;
  readonly #trialKey: string;
  #timer: NodeJS.Timeout | undefined;
  /** Its wait is over, and no verdict is known. */
  #isAwaited = false;
  #isOurs = false;
  #isUnderWay = false;
  #closed = false;

  constructor(name: string, key: string, host: BreakerHost, hooks: BreakerHooks) {
    this.#name = name;
    this.#hooks = hooks;
    this.#host = host;
    this.#openKey = `${key}:open`;
    this.#trialKey = `${key}:trial`;
    queueMicrotask(() => this.catchUp());
  }

  tripped({ statusCode, reason, durationMs }: Trip): void {
    this.#endTrial();
    const told: TripMessage = {
      kind: 'tripped',
      statusCode: statusCode ?? null,
      reason,
      durationMs,
    };
    this.#host.tellBreakers(this.#name, told);
    const { commands, isReady } = this.#host.connections;
    if (!isReady) return;
    const untilMs = Math.max(1, Math.ceil(durationMs));
    commands.set(this.#openKey, JSON.stringify(told), 'PX', untilMs).catch(() => {});
  }

  closed(): void {
    this.#endTrial();
    this.#host.tellBreakers(this.#name, { kind: 'closed' });
    // Closed by hand, it would still be found open by instances that come later.
    const { commands, isReady } = this.#host.connections;
    if (isReady) commands.del(this.#openKey).catch(() => {});
  }

  awaitTrial(): void {
    this.#isAwaited = true;
    this.#ask();
  }

  trial(isUnderWay: boolean): void {
    this.#isUnderWay = isUnderWay;
  }

  close(): void {
    this.#endTrial();
    this.#closed = true;
    this.#host.breakerClosed(this.#name);
  }

  /** What another instance has told. */
  received(told: BreakerMessage): void {
    if (this.#closed) return;
    this.#endTrial();
    if (told.kind === 'closed') this.#hooks.closed();
    else this.#hooks.tripped(tripOf(told));
  }

  /** Reads whether it is open elsewhere. */
  async catchUp(): Promise<void> {
    const { commands, isReady } = this.#host.connections;
    if (!isReady) return;
    try {
      const [told, leftMs] = await Promise.all([
        commands.get(this.#openKey),
        commands.pttl(this.#openKey),
      ]);
      if (told === null || leftMs <= 0 || this.#closed) return;
      this.#hooks.tripped({ ...tripOf(JSON.parse(told)), durationMs: leftMs });
    } catch {
      // It finds out by itself.
    }
  }

  async #ask(): Promise<void> {
    const { connections, instance, isAvailable } = this.#host;
    let isOurs = true;
    if (isAvailable && connections.isReady) {
      try {
        const set = connections.commands.set(this.#trialKey, instance, 'PX', TRIAL_MS, 'NX');
        isOurs = (await set) !== null;
      } catch {
        // Without Redis each has a trial of its own.
      }
    }
    this.#isOurs = isOurs;
    if (!this.#isAwaited) {
      this.#endTrial();
      return;
    }
    clearTimeout(this.#timer);
    if (isOurs) this.#timer = this.#in(RENEW_EVERY_MS, () => this.#renew(performance.now()));
    else this.#timer = this.#in(ASK_EVERY_MS, () => this.#ask());
    this.#hooks.mayTry(isOurs);
  }

  /** Keeps the trial for as long as it is under way; without one it is somebody else's turn. */
  #renew(beganAt: number): void {
    const { commands, isReady } = this.#host.connections;
    if (this.#isUnderWay) {
      if (isReady) commands.pexpire(this.#trialKey, TRIAL_MS).catch(() => {});
      this.#timer = this.#in(RENEW_EVERY_MS, () => this.#renew(performance.now()));
    } else if (performance.now() - beganAt < TRIAL_MS / 3) {
      this.#timer = this.#in(RENEW_EVERY_MS, () => this.#renew(beganAt));
    } else {
      this.#isOurs = false;
      this.#hooks.mayTry(false);
      if (isReady) commands.del(this.#trialKey).catch(() => {});
      this.#timer = this.#in(2 * ASK_EVERY_MS, () => this.#ask());
    }
  }

  #endTrial(): void {
    clearTimeout(this.#timer);
    this.#isAwaited = false;
    this.#isUnderWay = false;
    if (!this.#isOurs) return;
    this.#isOurs = false;
    const { commands, isReady } = this.#host.connections;
    if (isReady) commands.del(this.#trialKey).catch(() => {});
  }

  #in(delayMs: number, callback: () => void): NodeJS.Timeout {
    return setTimeout(callback, delayMs).unref();
  }
}

function tripOf({ statusCode, reason, durationMs }: TripMessage): Trip {
  return { statusCode: statusCode ?? undefined, reason, durationMs };
}
