/** What rendezvous hashing needs of a backend. */
export interface RendezvousMember {
  readonly id: string;
  /** {@link hashOf} of the id. */
  readonly seed: number;
  /** Above 0. */
  readonly weight: number;
}

const HASHES = 0x1_0000_0000;

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
  readonly #heaviest: number;

  constructor(members: readonly M[]) {
    this.#members = members;
    this.#seeds = Uint32Array.from(members, ({ seed }) => seed);
    this.#weights = Float64Array.from(members, ({ weight }) => weight);
    this.#heaviest = members.reduce((most, { weight }) => Math.max(most, weight), 0);
  }

  /** `undefined` when there is no member that is not excluded. */
  choose(keyHash: number, excluded?: readonly M[]): M | undefined {
    const members = this.#members;
    const seeds = this.#seeds;
    const weights = this.#weights;
    let winner: M | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    let lowest = 0;
    for (let index = 0; index < seeds.length; index++) {
      const hash = mix(keyHash ^ (seeds[index] as number));
      if (hash < lowest) continue;
      const uniform = (hash + 0.5) / HASHES;
      const weight = weights[index] as number;
      const member = members[index] as M;
      if (excluded?.includes(member)) continue;
      const time = -Math.log(uniform) / weight;
      // Of a weight that is all but 0 the time is infinite.
      if (winner === undefined || time < earliest || (time === earliest && member.id < winner.id)) {
        winner = member;
        earliest = time;
        lowest = this.#lowestBefore(earliest);
      }
    }
    return winner;
  }

  /** Whose hash is lower draws a later time, whatever its weight: −ln(u) ≥ 1 − u. */
  #lowestBefore(time: number): number {
    return Math.max(0, HASHES * (1 - time * this.#heaviest) - 1) >>> 0;
  }
}
