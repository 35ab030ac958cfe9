import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import { describe, expect, it } from 'vitest';
import { Backend } from './backend.ts';
import { Lease } from './lease.ts';
import { type Balance, Level } from './level.ts';
import { readPoolOptions } from './options.ts';
import { hashOf } from './rendezvous.ts';

/** A level of backends `b0`, `b1`, … of these weights, and limits where they are given. */
function setUp(balance: Balance, weights: readonly number[], maxCounts: readonly number[] = []) {
  const clock = new FakeClock();
  const { backends } = readPoolOptions('test', {
    backends: weights.map((weight, index) => ({
      id: `b${index}`,
      url: 'https://b.test',
      weight,
      maxCount: maxCounts[index],
    })),
  });
  const events = {
    availabilityChanged: () => level.availabilityChanged(),
    tripped() {},
    recovered() {},
    drained() {},
  };
  const members = backends.map((backend) => new Backend(backend, clock, events));
  const level: Level<Backend> = new Level(1, members, balance, seededRandom(5));
  return { clock, level, members };
}

/** How many of `calls` each backend got, as shares. */
function sharesOf(members: readonly Backend[], calls: number, next: () => Backend | undefined) {
  const served = new Map(members.map((member) => [member, 0]));
  for (let call = 0; call < calls; call++) {
    const backend = next() as Backend;
    served.set(backend, (served.get(backend) ?? 0) + 1);
  }
  return members.map((member) => (served.get(member) ?? 0) / calls);
}

describe("the balance 'weighted'", () => {
  it('gives exact shares', () => {
    const { level, members } = setUp('weighted', [5, 3, 2]);
    expect(sharesOf(members, 1_000, () => level.next(undefined))).toEqual([0.5, 0.3, 0.2]);
  });

  it('gives shares in the long run even if availability changes at every request', () => {
    const { level, members } = setUp('weighted', [5, 3, 2]);
    const shares = sharesOf(members, 50_000, () => {
      level.availabilityChanged();
      return level.next(undefined);
    });
    [0.5, 0.3, 0.2].forEach((share, index) => {
      expect(Math.abs((shares[index] as number) - share)).toBeLessThan(0.01);
    });
  });

  it('shares the traffic of one that is full among the others by their weights', () => {
    const { clock, level, members } = setUp('weighted', [6, 3, 1], [1]);
    const lease = new Lease(members[0] as Backend, clock.now());
    expect(sharesOf(members, 400, () => level.next(undefined))).toEqual([0, 0.75, 0.25]);
    lease.release(true, clock.now());
    expect(sharesOf(members, 400, () => level.next(undefined))).toEqual([0.6, 0.3, 0.1]);
  });

  it('has nobody to offer when all are full', () => {
    const { clock, level, members } = setUp('weighted', [1, 1], [1, 1]);
    for (const member of members) new Lease(member, clock.now());
    expect(level.next(undefined)).toBeUndefined();
    expect(level.next(hashOf('key'))).toBeUndefined();
    expect(level.nextExcept(undefined, [])).toBeUndefined();
  });
});

describe("the balance 'random'", () => {
  it('gives each backend its chance, within three sigma', () => {
    const { level, members } = setUp('random', [5, 3, 2]);
    const weights = [0.5, 0.3, 0.2];
    const calls = 50_000;
    const shares = sharesOf(members, calls, () => level.next(undefined));
    weights.forEach((weight, index) => {
      const sigma = Math.sqrt((weight * (1 - weight)) / calls);
      expect(Math.abs((shares[index] as number) - weight)).toBeLessThan(3 * sigma);
    });
    expect(shares, 'by chance, not by shares').not.toEqual(weights);
  });
});

describe("the balance 'least-requests'", () => {
  it('prefers the one with the fewest requests under way', () => {
    const { clock, level, members } = setUp('least-requests', [1, 1, 1]);
    const [b0, b1, b2] = members as [Backend, Backend, Backend];
    for (const busy of [b0, b0, b1, b2, b2]) new Lease(busy, clock.now());
    for (let call = 0; call < 6; call++) expect(level.next(undefined)).toBe(b1);
  });

  it('keeps as many requests at each as its weight says', () => {
    const { clock, level, members } = setUp('least-requests', [3, 2, 1]);
    for (let request = 0; request < 60; request++) {
      new Lease(level.next(undefined) as Backend, clock.now());
    }
    expect(members.map(({ running }) => running)).toEqual([30, 20, 10]);
  });

  it('draws among idle equals, within three sigma', () => {
    const { level, members } = setUp('least-requests', [1, 1, 1]);
    const calls = 10_000;
    const sigma = Math.sqrt((1 / 3) * (2 / 3) * calls) / calls;
    for (const share of sharesOf(members, calls, () => level.next(undefined))) {
      expect(Math.abs(share - 1 / 3)).toBeLessThan(3 * sigma);
    }
  });

  it('goes to none that was tried before', () => {
    const { level, members } = setUp('least-requests', [1, 1]);
    for (let call = 0; call < 4; call++) {
      expect(level.nextExcept(undefined, members.slice(0, 1))).toBe(members[1]);
    }
    expect(level.nextExcept(undefined, members)).toBeUndefined();
  });
});

describe('a re-submission', () => {
  it('takes nothing from the shares, which are of requests', () => {
    const { level, members } = setUp('weighted', [1, 1]);
    const shares = sharesOf(members, 100, () => {
      level.nextExcept(undefined, members.slice(0, 1));
      return level.next(undefined);
    });
    expect(shares).toEqual([0.5, 0.5]);
  });

  it('is shared by the weights of those that are left', () => {
    const { level, members } = setUp('weighted', [4, 3, 1]);
    const tried = members.slice(0, 1);
    const shares = sharesOf(members, 20_000, () => level.nextExcept(undefined, tried));
    expect(shares[0]).toBe(0);
    expect(Math.abs((shares[1] as number) - 0.75)).toBeLessThan(0.01);
  });
});

describe('a key', () => {
  it('goes to its backend whatever the balance, and to its next choice while that is full', () => {
    for (const balance of ['weighted', 'random', 'least-requests'] as const) {
      const { clock, level, members } = setUp(balance, [1, 1, 1], [1, 1, 1]);
      const key = hashOf('tenant');
      const own = level.next(key) as Backend;
      expect(level.next(key)).toBe(own);
      const lease = new Lease(own, clock.now());
      const nextChoice = level.next(key);
      expect(nextChoice).not.toBe(own);
      expect(level.nextExcept(key, [])).toBe(nextChoice);
      lease.release(true, clock.now());
      expect(level.next(key)).toBe(own);
      expect(level.nextExcept(key, [own])).toBe(nextChoice);
      expect(level.nextExcept(key, members)).toBeUndefined();
    }
  });
});
