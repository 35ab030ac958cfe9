import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partsOf, rebalanced, sharesOf, WHOLE } from './shares.ts';

const none = new Set<string>();
const sum = (parts: Readonly<Record<string, number>>) =>
  Object.values(parts).reduce((total, part) => total + part, 0);

describe('shares that are moved by hand', () => {
  it('give the other of two what is left', () => {
    const parts = rebalanced({ stable: 9_900, canary: 100 }, 'canary', 2_500, none);
    expect(sharesOf(parts)).toEqual({ stable: 0.75, canary: 0.25 });
  });

  it('leave the others in the proportion that they had', () => {
    expect(rebalanced({ a: 6_000, b: 3_000, c: 1_000 }, 'c', 4_000, none)).toEqual({
      a: 4_000,
      b: 2_000,
      c: 4_000,
    });
  });

  it('stay where they were set before, as long as another can give way', () => {
    const parts = { a: 5_000, b: 3_000, c: 2_000 };
    expect(rebalanced(parts, 'a', 6_000, new Set(['a', 'b']))).toEqual({
      a: 6_000,
      b: 3_000,
      c: 1_000,
    });
    expect(sum(rebalanced(parts, 'a', 8_000, new Set(['a', 'b'])))).toBe(WHOLE);
  });

  it('begin alike where there were none', () => {
    expect(partsOf({ a: 0, b: 0, c: 0 })).toEqual({ a: 3_334, b: 3_333, c: 3_333 });
  });

  it('of a single backend are all there is', () => {
    expect(rebalanced({ a: WHOLE }, 'a', 10, none)).toEqual({ a: WHOLE });
  });

  it('always sum to the whole, and none is below nothing', () => {
    const level = fc.dictionary(
      fc.string({ minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      {
        minKeys: 1,
        maxKeys: 6,
        noNullPrototype: true,
      },
    );
    fc.assert(
      fc.property(level, fc.array(fc.tuple(fc.nat(5), fc.nat(WHOLE))), (shares, moves) => {
        const ids = Object.keys(shares);
        const kept = new Set<string>();
        let parts = partsOf(shares);
        for (const [index, wanted] of moves) {
          const id = ids[index % ids.length] as string;
          parts = rebalanced(parts, id, wanted, kept);
          kept.add(id);
        }
        expect(sum(parts)).toBe(WHOLE);
        expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
