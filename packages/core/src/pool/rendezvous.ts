/** What rendezvous hashing needs of a backend. */
export interface RendezvousMember {
  readonly id: string;
  /** {@link hashOf} of the id. */
  readonly seed: number;
  /** Above 0. */
  readonly weight: number;
}

/** 32 bits of a string: FNV-1a over its UTF-16 units, then murmur3's finalizer. The same in every process. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights as in Schindelhauer and
 * Schomaker 2005): each member draws an exponentially distributed time from its hash with the key,
 * and the earliest serves. A member that comes, goes or changes its weight moves only the keys that
 * it wins or loses. The order of the members does not matter.
 */
export class Rendezvous<M extends RendezvousMember> {
  readonly #members: readonly M[];
  // Side by side: among a thousand members, what is read of each decides what a choice costs.
  readonly #seeds: Uint32Array;
  readonly #weights: Float64Array;

  constructor(members: readonly M[]) {
    this.#members = members;
    this.#seeds = Uint32Array.from(members, ({ seed }) => seed);
    this.#weights = Float64Array.from(members, ({ weight }) => weight);
  }

  /** `undefined` when there is no member that is not excluded. */
  choose(keyHash: number, excluded?: readonly M[]): M | undefined {
    const members = this.#members;
    const seeds = this.#seeds;
    const weights = this.#weights;
    let winner: M | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < seeds.length; index++) {
      const uniform = (mix(keyHash ^ (seeds[index] as number)) + 0.5) / 0x1_0000_0000;
      const weight = weights[index] as number;
      // −ln(u) ≥ 1 − u spares nearly every member of a large pool the logarithm.
      if ((1 - uniform) / weight > earliest) continue;
      const member = members[index] as M;
      if (excluded?.includes(member)) continue;
      const time = -Math.log(uniform) / weight;
      // Of a weight that is all but 0 the time is infinite.
      if (winner === undefined || time < earliest || (time === earliest && member.id < winner.id)) {
        winner = member;
        earliest = time;
      }
    }
    return winner;
  }
}
