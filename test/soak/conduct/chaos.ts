import { setTimeout as after } from 'node:timers/promises';
import { seededRandom } from '../../support/seeded-random.ts';
import type { Questioned } from '../questions.ts';
import type { Change } from '../service/changes.ts';
import type { ServiceAnswers } from '../service/service.ts';
import type { Fleet, FleetBackend } from './fleet.ts';

/** What is done to a backend. */
export const BLOWS = ['kill', 'stop', 'restart', 'drain', 'remove'] as const;
export type Blow = (typeof BLOWS)[number];

/** One blow, from its beginning until the backend was as before. */
export interface Strike {
  readonly blow: Blow;
  /** The process that was struck. */
  readonly servedBy: string;
  /** Since 1970, in milliseconds. */
  readonly at: number;
  readonly until: number;
}

/** How long a blow lasts: at times longer than `headersMs` and `bodyMs`. */
const SHORTEST_MS = 300;
const LONGEST_MS = 3_500;
const LEAST_REST_MS = 200;
const LONGEST_REST_MS = 1_700;
/** For breakers to try what has come back: longer than their trips. */
const RECOVERY_MS = 600;
const TWO_AT_ONCE_SHARE = 0.25;
const LEAST_SHARE = 0.05;

/**
 * Strikes one backend after the other, sometimes two at once, and changes the pool all the while; at
 * least three of the five are well at every moment. Who is struck next, how and for how long depends on
 * the seed alone; what is changed meanwhile, on how long that takes, too.
 */
export class Chaos {
  readonly strikes: Strike[] = [];
  /** Changes that the pool took. */
  changes = 0;
  /** What should not have gone wrong. */
  readonly troubles: string[] = [];
  readonly #fleet: Fleet;
  readonly #service: Questioned<ServiceAnswers>;
  readonly #ofStrikes: () => number;
  readonly #ofChanges: () => number;
  readonly #present: Set<FleetBackend>;
  readonly #ended = new AbortController();

  constructor(fleet: Fleet, service: Questioned<ServiceAnswers>, seed: number) {
    this.#fleet = fleet;
    this.#service = service;
    this.#ofStrikes = seededRandom(seed);
    this.#ofChanges = seededRandom(seed + 1);
    this.#present = new Set(fleet.five);
  }

  /** Goes on until {@link end}; resolves when everything is as before. */
  async run(): Promise<void> {
    await Promise.all([this.#strikeOn(), this.#changeOn()]);
    await this.#shareEvenly();
    await this.#change({
      name: 'setShadow',
      id: this.#fleet.candidate.id,
      proportion: 0,
      methods: 'all',
    });
  }

  end(): void {
    this.#ended.abort();
  }

  async #strikeOn(): Promise<void> {
    const random = this.#ofStrikes;
    const { five } = this.#fleet;
    let nth = 0;
    while (await this.#pause(between(LEAST_REST_MS, LONGEST_REST_MS, random))) {
      const first = Math.floor(random() * five.length);
      const second = (first + 1 + Math.floor(random() * (five.length - 1))) % five.length;
      const both = random() < TWO_AT_ONCE_SHARE;
      const durations = [0, 1].map(() => between(SHORTEST_MS, LONGEST_MS, random));
      // In turn, so that a short run has each of them.
      const blows = [BLOWS[nth++ % BLOWS.length], both ? BLOWS[nth++ % BLOWS.length] : undefined];
      const targets = [five[first], five[second]] as FleetBackend[];
      await Promise.all(
        targets.map((target, index) => {
          const blow = blows[index];
          return blow && this.#strike(blow, target, durations[index] as number);
        }),
      );
      await after(RECOVERY_MS);
    }
  }

  async #strike(blow: Blow, backend: FleetBackend, forMs: number): Promise<void> {
    const at = Date.now();
    const { servedBy } = backend;
    try {
      await this.#blows[blow](backend, forMs);
    } catch (error) {
      this.troubles.push(`${blow} of ${servedBy}: ${(error as Error).message}`);
    }
    this.strikes.push({ blow, servedBy, at, until: Date.now() });
  }

  readonly #blows: Record<Blow, (backend: FleetBackend, forMs: number) => Promise<void>> = {
    kill: async (backend, forMs) => {
      await backend.kill();
      await after(forMs);
      await backend.start();
    },
    stop: async (backend, forMs) => {
      backend.stop();
      await after(forMs);
      backend.continue();
    },
    restart: async (backend) => {
      await backend.leave();
      await backend.start();
    },
    drain: (backend, forMs) => this.#takeOut(backend, true, forMs),
    remove: (backend, forMs) => this.#takeOut(backend, false, forMs),
  };

  async #takeOut(backend: FleetBackend, drain: boolean, forMs: number): Promise<void> {
    const { id } = backend;
    this.#present.delete(backend);
    await this.#service.ask('change', { name: 'remove', id, drain });
    await after(forMs);
    await this.#service.ask('change', { name: 'add', id });
    this.#present.add(backend);
    this.changes += 2;
    await this.#shareAtRandom();
  }

  async #changeOn(): Promise<void> {
    const random = this.#ofChanges;
    while (await this.#pause(between(LEAST_REST_MS, LONGEST_REST_MS, random))) {
      const chance = random();
      if (chance < 0.5) await this.#shareAtRandom();
      else if (chance < 0.8) await this.#shadow();
      else await this.#rollOut();
    }
  }

  async #shadow(): Promise<void> {
    const proportion = this.#ofChanges() < 0.3 ? 0 : this.#ofChanges() * 0.2;
    const methods = this.#ofChanges() < 0.5 ? 'safe' : 'all';
    await this.#change({ name: 'setShadow', id: this.#fleet.candidate.id, proportion, methods });
  }

  /** Shares that are set end a rollout that is under way. */
  async #rollOut(): Promise<void> {
    const present = [...this.#present];
    const to = present[Math.floor(this.#ofChanges() * present.length)] as FleetBackend;
    const shared = this.#shareEvenly();
    await Promise.all([shared, this.#change({ name: 'rollout', to: to.id })]);
  }

  #shareEvenly(): Promise<void> {
    return this.#share(() => 1);
  }

  #shareAtRandom(): Promise<void> {
    return this.#share(() => LEAST_SHARE + this.#ofChanges());
  }

  async #share(part: () => number): Promise<void> {
    const parts = Array.from(this.#present, ({ id }) => [id, part()] as const);
    const whole = parts.reduce((sum, [, share]) => sum + share, 0);
    const shares = Object.fromEntries(parts.map(([id, share]) => [id, share / whole]));
    await this.#change({ name: 'setTraffic', shares });
  }

  async #change(change: Change): Promise<void> {
    try {
      await this.#service.ask('change', change);
      this.changes += 1;
    } catch (error) {
      this.troubles.push(`${change.name}: ${(error as Error).message}`);
    }
  }

  /** False when there is to be no more of it. */
  async #pause(forMs: number): Promise<boolean> {
    const { signal } = this.#ended;
    return after(forMs, true, { signal }).catch(() => false);
  }
}

function between(from: number, to: number, random: () => number): number {
  return from + random() * (to - from);
}
