import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashOf, Rendezvous, type RendezvousMember } from './rendezvous.ts';

const KEYS = Array.from({ length: 20_000 }, (_, index) => hashOf(`shard-${index}`));

const member = (id: string, weight = 1): RendezvousMember => ({ id, seed: hashOf(id), weight });
const members = (count: number) => Array.from({ length: count }, (_, i) => member(`backend${i}`));

function rendezvous<M extends RendezvousMember>(
  among: readonly M[],
  key: number,
  excluded?: readonly M[],
): M | undefined {
  return new Rendezvous(among).choose(key, excluded);
}

/** The share of the keys that `matches` holds for. */
function shareOf(matches: (key: number) => boolean): number {
  return KEYS.filter(matches).length / KEYS.length;
}

function moved(before: readonly RendezvousMember[], after: readonly RendezvousMember[]): number {
  return shareOf((key) => rendezvous(before, key)?.id !== rendezvous(after, key)?.id);
}

describe('Rendezvous', () => {
  it('moves a sixth of the keys, all to the newcomer, when a sixth backend comes', () => {
    const [before, after] = [members(5), members(6)];
    expect(moved(before, after)).toBeLessThan(1 / 6 + 0.02);
    for (const key of KEYS) {
      const to = rendezvous(after, key)?.id;
      if (to !== 'backend5') expect(to).toBe(rendezvous(before, key)?.id);
    }
  });

  it('moves only the keys of the backend that goes', () => {
    const before = members(5);
    const after = before.filter(({ id }) => id !== 'backend2');
    expect(moved(before, after)).toBeLessThan(1 / 5 + 0.02);
    for (const key of KEYS) {
      const from = rendezvous(before, key)?.id;
      if (from !== 'backend2') expect(rendezvous(after, key)?.id).toBe(from);
    }
  });

  it('moves ten points of the keys in, and none out, when a share grows from 10 % to 20 %', () => {
    const before = [member('stable', 0.9), member('canary', 0.1)];
    const after = [member('stable', 0.8), member('canary', 0.2)];
    expect(Math.abs(moved(before, after) - 0.1)).toBeLessThan(0.01);
    const out = shareOf(
      (key) => rendezvous(before, key)?.id === 'canary' && rendezvous(after, key)?.id !== 'canary',
    );
    expect(out).toBe(0);
  });

  it('gives each backend the share of its weight', () => {
    const weighted = [member('a', 5), member('b', 3), member('c', 1.5), member('d', 0.5)];
    for (const { id, weight } of weighted) {
      const share = shareOf((key) => rendezvous(weighted, key)?.id === id);
      expect(Math.abs(share - weight / 10)).toBeLessThan(0.012);
    }
  });

  it('gives each of fifty equal backends its share', () => {
    const equals = members(50);
    const counts = new Map(equals.map(({ id }) => [id, 0]));
    for (const key of KEYS) {
      const id = rendezvous(equals, key)?.id ?? '';
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // 400 each; five sigma are 99.
    for (const [, count] of counts) expect(Math.abs(count - 400)).toBeLessThan(100);
  });

  it('depends on the weights only in proportion to each other', () => {
    const shares = [member('a', 0.7), member('b', 0.3)];
    const weights = [member('a', 70), member('b', 30)];
    expect(moved(shares, weights)).toBe(0);
  });

  it('does not depend on the order in which backends are written', () => {
    const shuffled = fc.shuffledSubarray([...members(8), member('twin', 2), member('half', 0.5)], {
      minLength: 2,
    });
    fc.assert(
      fc.property(shuffled, fc.nat(0xffff_ffff), (subset, key) => {
        const sorted = subset.toSorted((a, b) => (a.id < b.id ? -1 : 1));
        expect(rendezvous(subset, key)).toBe(rendezvous(sorted, key));
      }),
      { numRuns: 1_000, seed: 31 },
    );
  });

  it('does not depend on the order even of backends whose draws are equal', () => {
    const twins = [
      { id: 'a', seed: 1, weight: 1 },
      { id: 'b', seed: 1, weight: 1 },
    ];
    expect(rendezvous(twins, 99)?.id).toBe('a');
    expect(rendezvous(twins.toReversed(), 99)?.id).toBe('a');
  });

  it('gives a key its next choice without the excluded ones, and nothing without any left', () => {
    const all = members(6);
    for (const key of KEYS.slice(0, 500)) {
      const left = [...all];
      const excluded: RendezvousMember[] = [];
      while (left.length > 0) {
        const choice = rendezvous(all, key, excluded);
        expect(choice).toBe(rendezvous(left, key));
        excluded.push(choice as RendezvousMember);
        left.splice(left.indexOf(choice as RendezvousMember), 1);
      }
      expect(rendezvous(all, key, excluded)).toBeUndefined();
    }
    expect(rendezvous([], 1)).toBeUndefined();
  });

  it('chooses the only member that is left, however little its weight', () => {
    const [tiny, other] = [
      { id: 'tiny', seed: hashOf('tiny'), weight: 5e-324 },
      { id: 'other', seed: hashOf('other'), weight: 1 },
    ];
    expect(rendezvous([tiny, other], 5)).toBe(other);
    expect(rendezvous([tiny, other], 5, [other])).toBe(tiny);
  });
});

describe('hashOf', () => {
  // Other processes, versions and machines must agree: these values may never change.
  it('gives the same hash in every process', () => {
    expect(['', 'a', 'ptu1', 'Zürich', '\u{1F600}'].map(hashOf)).toMatchInlineSnapshot(`
      [
        2872998923,
        444641715,
        2005870617,
        2490234560,
        1787143206,
      ]
    `);
  });

  it('gives similar texts hashes that differ in half of their bits', () => {
    let differing = 0;
    for (let index = 0; index < 10_000; index++) {
      let bits = hashOf(`key-${index}`) ^ hashOf(`key-${index + 1}`);
      for (; bits !== 0; bits &= bits - 1) differing++;
    }
    expect(Math.abs(differing / 10_000 - 16)).toBeLessThan(0.2);
  });
});
