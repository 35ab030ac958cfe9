import TinyQueue from 'tinyqueue';
import type { Random } from '../clock.ts';

interface Weighted {
  /** Above 0. */
  readonly weight: number;
}

/** A member's next turn: it may come from slot `release` on and must come before slot `deadline`. */
interface Turn<M> {
  readonly member: M;
  /** Slots between two turns. */
  readonly period: number;
  served: number;
  release: number;
  deadline: number;
  /** Decides between equal deadlines. Drawn, so that a schedule that is soon made anew favours nobody. */
  readonly lot: number;
}

/** Absorbs rounding where turn × period should be whole. */
const ROUNDING = 1e-9;

/**
 * Gives each member its share of the calls so evenly that after any number of them it is within one
 * call of its share; nginx's smooth weighted round robin drifts further for some weights.
 *
 * Turns are the jobs of Pfair scheduling (Baruah, Cohen, Plaxton and Varvel 1996): the j-th turn of
 * a member with share w falls into the slots ⌊(j−1)/w⌋ … ⌈j/w⌉−1, and serving the earliest deadline
 * first meets them all. The first slot may go to any member without a miss, so it is drawn by
 * weight: shares then hold even if the members change at every request, and processes that start
 * together do not all start at the same backend. A call costs O(log members).
 */
export class SmoothShares<M extends Weighted> {
  readonly #members: readonly M[];
  readonly #random: Random;
  readonly #total: number;
  readonly #ready = new TinyQueue<Turn<M>>([], (a, b) => a.deadline - b.deadline || a.lot - b.lot);
  readonly #waiting = new TinyQueue<Turn<M>>([], (a, b) => a.release - b.release);
  #first: M | undefined;
  #slot = 0;

  /** @param members not empty */
  constructor(members: readonly M[], random: Random) {
    this.#members = members;
    this.#random = random;
    this.#total = totalWeight(members);
  }

  next(): M {
    if (this.#members.length === 1) return this.#members[0] as M;
    if (this.#slot === 0) {
      this.#first = drawByWeight(this.#members, this.#total, this.#random);
      this.#slot = 1;
      return this.#first;
    }
    if (this.#slot === 1) this.#schedule();
    const ready = this.#ready;
    const waiting = this.#waiting;
    for (let turn = waiting.peek(); turn && turn.release <= this.#slot; turn = waiting.peek()) {
      ready.push(waiting.pop() as Turn<M>);
    }
    const turn = (ready.pop() ?? waiting.pop()) as Turn<M>;
    turn.served++;
    this.#slot++;
    this.#enqueue(turn);
    return turn.member;
  }

  /** Not before the second call: members that change at every request never need it. */
  #schedule(): void {
    for (const member of this.#members) {
      const served = member === this.#first ? 1 : 0;
      const period = this.#total / member.weight;
      this.#enqueue({ member, period, served, release: 0, deadline: 0, lot: this.#random() });
    }
  }

  #enqueue(turn: Turn<M>): void {
    turn.release = Math.floor(turn.served * turn.period + ROUNDING);
    turn.deadline = Math.ceil((turn.served + 1) * turn.period - ROUNDING);
    (turn.release > this.#slot ? this.#waiting : this.#ready).push(turn);
  }
}

export function totalWeight(members: readonly Weighted[]): number {
  let total = 0;
  for (const member of members) total += member.weight;
  return total;
}

/** One draw with the weights as chances. */
export function drawByWeight<M extends Weighted>(
  members: readonly M[],
  total: number,
  random: Random,
): M {
  let rest = random() * total;
  for (const member of members) {
    rest -= member.weight;
    if (rest < 0) return member;
  }
  return members.at(-1) as M;
}
