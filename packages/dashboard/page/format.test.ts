import { describe, expect, it } from 'vitest';
import { count, duration, milliseconds, percent, plural } from './format.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('figures', () => {
  it('never show as nothing what is something', () => {
    expect(plain(percent(0))).toBe('0 %');
    expect(plain(percent(0.0001))).toBe('<0.1 %');
    expect(plain(percent(0.001))).toBe('0.1 %');
    expect(plain(percent(1))).toBe('100 %');
  });

  it('are short where they are large', () => {
    expect(count(99_999)).toBe('99,999');
    expect(count(1_234_567)).toBe('1.2M');
  });

  it('have the unit that suits them', () => {
    expect(plain(milliseconds(0.42))).toBe('0.4 ms');
    expect(plain(milliseconds(350))).toBe('350 ms');
    expect(plain(milliseconds(1_250))).toBe('1.3 s');
    expect(plain(milliseconds(61_000))).toBe('1 min 01 s');
  });

  it('count what is left of a time down to its last second', () => {
    expect(plain(duration(1))).toBe('1 s');
    expect(plain(duration(59_001))).toBe('1 min 00 s');
    expect(plain(duration(3_600_000))).toBe('1 h 00 min');
    expect(plain(duration(72 * 3_600_000))).toBe('3 days');
  });

  it('agree with their nouns', () => {
    expect(plural(1, 'backend')).toBe('one backend');
    expect(plural(0, 'backend')).toBe('0 backends');
  });
});
