import type { Random } from '../clock.ts';
import type { Backend } from './backend.ts';
import { Rendezvous } from './rendezvous.ts';
import { drawByWeight, SmoothShares, totalWeight } from './smooth-shares.ts';

export type Balance = 'weighted' | 'random' | 'least-requests';

/**
 * The backends of one priority. Which of them are available is gathered when that changes, not at
 * each request; shares are counted anew from then on.
 */
export class Level<B extends Backend> {
  readonly priority: number;
  readonly #members: readonly B[];
  readonly #balance: Balance;
  readonly #random: Random;
  #available: readonly B[] = [];
  #totalWeight = 0;
  #shares: SmoothShares<B> | undefined;
  #rendezvous: Rendezvous<B> | undefined;
  #stale = true;

  /** @param members those with a weight above 0: the others get nothing */
  constructor(priority: number, members: readonly B[], balance: Balance, random: Random) {
    this.priority = priority;
    this.#members = members;
    this.#balance = balance;
    this.#random = random;
  }

  availabilityChanged(): void {
    this.#stale = true;
  }

  /** For a request's first attempt. */
  next(keyHash: number | undefined): B | undefined {
    const available = this.#current();
    if (available.length === 0) return undefined;
    if (keyHash !== undefined) return this.#chooseByKey(keyHash);
    if (this.#balance === 'least-requests') return leastRequests(available, this.#random);
    if (this.#balance === 'random') return drawByWeight(available, this.#totalWeight, this.#random);
    this.#shares ??= new SmoothShares(available, this.#random);
    return this.#shares.next();
  }

  /** For a re-submission: not one of `tried`, and not counted in the shares, which are of requests. */
  nextExcept(keyHash: number | undefined, tried: readonly B[]): B | undefined {
    const available = this.#current();
    if (keyHash !== undefined) return this.#chooseByKey(keyHash, tried);
    const excluded = new Set(tried);
    const left = available.filter((backend) => !excluded.has(backend));
    if (left.length === 0) return undefined;
    if (this.#balance === 'least-requests') return leastRequests(left, this.#random);
    return drawByWeight(left, totalWeight(left), this.#random);
  }

  #chooseByKey(keyHash: number, tried?: readonly B[]): B | undefined {
    this.#rendezvous ??= new Rendezvous(this.#available);
    return this.#rendezvous.choose(keyHash, tried);
  }

  #current(): readonly B[] {
    if (this.#stale) {
      this.#available = this.#members.filter((backend) => backend.available);
      this.#totalWeight = totalWeight(this.#available);
      this.#shares = undefined;
      this.#rendezvous = undefined;
      this.#stale = false;
    }
    return this.#available;
  }
}

/** The one with the fewest requests under way for its weight; among equals, any. */
function leastRequests<B extends Backend>(backends: readonly B[], random: Random): B | undefined {
  let least: B | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  let equals = 0;
  for (const backend of backends) {
    const load = (backend.running + 1) / backend.weight;
    if (load < lowest) {
      least = backend;
      lowest = load;
      equals = 1;
    } else if (load === lowest && random() * ++equals < 1) {
      least = backend;
    }
  }
  return least;
}
