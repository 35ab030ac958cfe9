import { describe, expect, it } from 'vitest';
import { type Claim, fairShare } from './fair-share.ts';

function claims(...wants: [client: string, held: number, wanted: number][]): Claim[] {
  return wants.map(([client, held, wanted]) => ({ client, held, wanted }));
}

describe('the fair share of an instance', () => {
  it('is everything while there is enough for all', () => {
    expect(fairShare(claims(['a', 15, 15], ['b', 5, 5]), 'a', 20)).toBe(20);
  });

  it('is an even part when all want more', () => {
    const all = claims(['a', 20, 20], ['b', 0, 20], ['c', 0, 20], ['d', 0, 20]);
    for (const { client } of all) expect(fairShare(all, client, 20)).toBe(5);
  });

  it('grows by what others have no use for', () => {
    const all = claims(['a', 10, 20], ['b', 2, 2], ['c', 8, 20]);
    expect(fairShare(all, 'a', 20)).toBe(9);
    expect(fairShare(all, 'b', 20)).toBe(7);
  });

  it('is rounded up, for Redis counts anyway', () => {
    const all = claims(['a', 7, 20], ['b', 7, 20], ['c', 6, 20]);
    expect(fairShare(all, 'c', 20)).toBe(7);
  });

  it('goes round when there are fewer slots than instances', () => {
    const all = claims(['a', 1, 9], ['b', 0, 9], ['c', 0, 9]);
    expect(fairShare(all, 'a', 1)).toBe(0);
    expect(fairShare(all, 'b', 1)).toBe(1);
    expect(fairShare(claims(['a', 1, 9], ['b', 1, 9], ['c', 0, 0]), 'a', 2)).toBe(1);
  });

  it('is one slot for an instance that has none of too few', () => {
    expect(fairShare(claims(['a', 0, 9], ['b', 1, 9]), 'a', 1)).toBe(1);
  });
});
