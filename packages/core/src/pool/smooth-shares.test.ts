import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawByWeight, SmoothShares, totalWeight } from './smooth-shares.ts';

const weighted = (weights: readonly number[]) =>
  weights.map((weight, index) => ({ id: index, weight }));

/** How far any member was from its share at any time within `calls`. */
function furthestFromShare(weights: readonly number[], calls: number, firstDraw: number): number {
  const members = weighted(weights);
  const chance = seededRandom(calls);
  let drawn = false;
  const shares = new SmoothShares(members, () => {
    if (drawn) return chance();
    drawn = true;
    return firstDraw;
  });
  const share = members.map(({ weight }) => weight / totalWeight(members));
  const served = members.map(() => 0);
  let furthest = 0;
  for (let call = 1; call <= calls; call++) {
    const { id } = shares.next();
    served[id] = (served[id] as number) + 1;
    for (const { id } of members) {
      furthest = Math.max(
        furthest,
        Math.abs((served[id] as number) - (share[id] as number) * call),
      );
    }
  }
  return furthest;
}

const integers = fc.integer({ min: 1, max: 100 });
const floats = fc.double({ min: 0.001, max: 1, noNaN: true });
const weights = fc.oneof(
  fc.array(integers, { minLength: 2, maxLength: 12 }),
  fc.array(floats, { minLength: 2, maxLength: 12 }),
  fc.array(fc.constantFrom(0.98, 0.01, 0.5, 0.1, 0.33, 1, 3, 7), { minLength: 2, maxLength: 8 }),
);
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** The bound is one request; the rest is the rounding of 10 000 additions in the test. */
const ONE_REQUEST = 1 + 1e-6;

describe('SmoothShares', () => {
  it.each([
    [[1, 1]],
    [[5, 1, 1]],
    [[0.98, 0.01, 0.01]],
    [[0.01, 0.98, 0.01]],
    [[0.99, 0.01]],
    [[0.1, 0.2, 0.3, 0.4]],
    [[13, 8, 5, 3, 2, 1, 1]],
    [[1, 10_000]],
    [[1 / 3, 1 / 3, 1 / 3]],
    [[7, 7, 7, 7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ])('keeps %j within one call of its share for 10 000 calls, whoever is first', (given) => {
    for (const first of [0, 0.005, 0.3, 0.5, 0.8, 0.989, 0.995, 0.999_999]) {
      expect(furthestFromShare(given, 10_000, first)).toBeLessThanOrEqual(ONE_REQUEST);
    }
  });

  it('keeps any weights within one call of their shares, whoever is first', () => {
    fc.assert(
      fc.property(weights, draw, (given, first) => {
        expect(furthestFromShare(given, 1_000, first)).toBeLessThanOrEqual(ONE_REQUEST);
      }),
      { numRuns: 300, seed: 21 },
    );
  });

  it('keeps fifty members within one call of their shares for 10 000 calls', () => {
    const fifty = fc.array(fc.oneof(integers, floats), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(fifty, draw, (given, first) => {
        expect(furthestFromShare(given, 10_000, first)).toBeLessThanOrEqual(ONE_REQUEST);
      }),
      { numRuns: 8, seed: 22 },
    );
  });

  it('serves each member exactly its weight in every round of whole weights', () => {
    const members = weighted([3, 2, 1]);
    const shares = new SmoothShares(members, () => 0.9);
    for (let round = 0; round < 20; round++) {
      const served = [0, 0, 0];
      for (let call = 0; call < 6; call++) {
        const { id } = shares.next();
        served[id] = (served[id] as number) + 1;
      }
      expect(served).toEqual([3, 2, 1]);
    }
  });

  it('draws the first by weight, so that processes do not all start at the same backend', () => {
    const members = weighted([1, 2, 1]);
    const first = (chance: number) => new SmoothShares(members, () => chance).next().id;
    expect([0, 0.249, 0.25, 0.749, 0.75, 0.999].map(first)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('gives a sole member everything without a draw', () => {
    const shares = new SmoothShares(weighted([0.2]), () => {
      throw new Error('drawn');
    });
    expect([shares.next().id, shares.next().id]).toEqual([0, 0]);
  });

  // Three equals whose availability changes after every second request: the third gets half of its share.
  it('favours none of several equals when it is made anew every few calls', () => {
    const random = seededRandom(4);
    const served = [0, 0, 0];
    for (let round = 0; round < 10_000; round++) {
      const shares = new SmoothShares(weighted([1, 1, 1]), random);
      for (let call = 0; call < 2; call++) {
        const { id } = shares.next();
        served[id] = (served[id] as number) + 1;
      }
    }
    for (const count of served) expect(Math.abs(count / 20_000 - 1 / 3)).toBeLessThan(0.01);
  });
});

describe('drawByWeight', () => {
  it('gives each weight its chance, within three sigma', () => {
    const members = weighted([0.5, 0.3, 0.15, 0.05]);
    const random = seededRandom(7);
    const calls = 100_000;
    const drawn = [0, 0, 0, 0];
    for (let call = 0; call < calls; call++) {
      const { id } = drawByWeight(members, totalWeight(members), random);
      drawn[id] = (drawn[id] as number) + 1;
    }
    for (const { id, weight } of members) {
      const sigma = Math.sqrt(calls * weight * (1 - weight));
      expect(Math.abs((drawn[id] as number) - calls * weight)).toBeLessThan(3 * sigma);
    }
  });

  it('gives a member even when rounding leaves a rest', () => {
    expect(drawByWeight(weighted([0.1, 0.2]), 0.4, () => 0.999).id).toBe(1);
  });
});
