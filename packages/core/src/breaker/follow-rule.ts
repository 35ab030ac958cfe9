import { isDeepStrictEqual } from 'node:util';
import type { Breaker } from './breaker.ts';
import type { BreakerRule } from './rule.ts';

/**
 * The breaker for a rule, or for none: the one that is there where it can go on, so that its trip and
 * its counts stay; otherwise it is disposed of, and another one made.
 */
export function followRule(
  current: Breaker | undefined,
  rule: BreakerRule | undefined,
  make: (rule: BreakerRule) => Breaker,
): Breaker | undefined {
  if (isDeepStrictEqual(current?.rule, rule)) return current;
  if (current !== undefined && rule !== undefined) {
    current.reconfigure(rule);
    return current;
  }
  current?.dispose();
  return rule && make(rule);
}
