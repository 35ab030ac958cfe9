import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Limiter, type Verdict } from './limiter.ts';

const rates = { tokensPerMinute: 10_000, timeScale: 1 };

function waitOf(verdict: Verdict): number | undefined {
  return verdict.admitted ? undefined : verdict.waitMs;
}

describe('Limiter', () => {
  it('admits exactly the quota of tokens, and says when the next fit', () => {
    const limiter = new Limiter();
    for (let index = 0; index < 5; index += 1) {
      expect(limiter.admit(2_000, index * 1_000, rates)).toMatchObject({ admitted: true });
    }
    expect(limiter.admit(1, 5_000, rates)).toEqual({
      admitted: false,
      reason: 'tokens',
      waitMs: 55_000,
    });
    expect(waitOf(limiter.admit(2_000, 5_000, rates))).toBe(55_000);
    // 2 001 tokens need the second request to leave as well.
    expect(waitOf(limiter.admit(2_001, 5_000, rates))).toBe(56_000);
    expect(limiter.admit(2_000, 59_999, rates).admitted).toBe(false);
    expect(limiter.admit(2_000, 60_000, rates)).toEqual({
      admitted: true,
      remainingTokens: 0,
      remainingRequests: 9,
    });
  });

  it('charges nothing for a refused request', () => {
    const limiter = new Limiter();
    limiter.admit(9_000, 0, rates);
    for (let index = 0; index < 50; index += 1) limiter.admit(2_000, 1, rates);
    expect(limiter.admit(1_000, 2, rates)).toEqual({
      admitted: true,
      remainingTokens: 0,
      remainingRequests: 8,
    });
  });

  it('admits a request per thousand tokens in ten seconds, rounded up', () => {
    const limiter = new Limiter();
    const odd = { tokensPerMinute: 2_001, timeScale: 1 };
    for (const at of [0, 1_000, 2_000]) expect(limiter.admit(1, at, odd).admitted).toBe(true);
    expect(limiter.admit(1, 3_000, odd)).toEqual({
      admitted: false,
      reason: 'requests',
      waitMs: 7_000,
    });
    expect(limiter.admit(1, 10_000, odd)).toMatchObject({ admitted: true, remainingRequests: 0 });
    expect(limiter.admit(1, 10_999, odd).admitted).toBe(false);
  });

  it('scales both windows', () => {
    const fast = { tokensPerMinute: 2_000, timeScale: 0.1 };
    const limiter = new Limiter();
    limiter.admit(1_500, 0, fast);
    limiter.admit(1, 0, fast);
    expect(limiter.admit(1, 0, fast)).toMatchObject({ reason: 'requests', waitMs: 1_000 });
    expect(limiter.admit(600, 1_000, fast)).toMatchObject({ reason: 'tokens', waitMs: 5_000 });
  });

  it('tells a whole window for what never fits', () => {
    expect(waitOf(new Limiter().admit(10_001, 0, rates))).toBe(60_000);
  });

  it('never exceeds a limit in any window, and the wait it tells is exact', () => {
    const step = fc.record({ gapMs: fc.nat(4_000), tokens: fc.integer({ min: 1, max: 4_000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const limiter = new Limiter();
        const admitted: { at: number; tokens: number }[] = [];
        const within = (at: number, windowMs: number) =>
          admitted.filter((entry) => entry.at > at - windowMs && entry.at <= at);
        let now = 0;
        for (const { gapMs, tokens } of steps) {
          now += gapMs;
          const verdict = limiter.admit(tokens, now, rates);
          if (!verdict.admitted) {
            const sum = within(now, 60_000).reduce((total, entry) => total + entry.tokens, tokens);
            const isFull = sum > 10_000 || within(now, 10_000).length >= 10;
            expect(isFull).toBe(true);
            expect(limiter.admit(tokens, now + verdict.waitMs - 1, rates).admitted).toBe(false);
            now += verdict.waitMs;
            expect(limiter.admit(tokens, now, rates).admitted).toBe(true);
          }
          admitted.push({ at: now, tokens });
          const used = within(now, 60_000).reduce((total, entry) => total + entry.tokens, 0);
          expect(used).toBeLessThanOrEqual(10_000);
          expect(within(now, 10_000).length).toBeLessThanOrEqual(10);
        }
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});
