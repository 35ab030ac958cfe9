import { expect, it } from 'vitest';
import { isAbout } from './field.tsx';
import { numberOf, percentOf, ratioOf, stepsOf } from './values.ts';

it('reads steps as people write them', () => {
  expect(stepsOf('1, 10, 50, 100')).toEqual([0.01, 0.1, 0.5, 1]);
  expect(stepsOf('0.1% 7 % ;29')).toEqual([0.001, 0.07, 0.29]);
  expect(stepsOf('1, half')).toBeUndefined();
  expect(stepsOf(' , ')).toBeUndefined();
});

it('shows a ratio in per cent as it was typed, and takes it back as it was', () => {
  for (const [ratio, percent] of [
    [0.07, 7],
    [0.29, 29],
    [0.007, 0.7],
    [1 / 4, 25],
  ] as const) {
    expect([percentOf(ratio), ratioOf(percent)]).toEqual([percent, ratio]);
  }
});

it('takes an empty field for no number, and not for 0', () => {
  expect(numberOf('')).toBeUndefined();
  expect(numberOf('0')).toBe(0);
  expect(numberOf('1e')).toBeUndefined();
});

it('finds the field that a problem is about', () => {
  const about = (option: string) => isAbout({ detail: '', option }, 'steps');
  expect(about('pool(api).rollout.steps[2]')).toBe(true);
  expect(about('steps')).toBe(true);
  expect(about('pool(steps-of-it).rollout.to')).toBe(false);
  expect(isAbout(undefined, 'steps')).toBe(false);
});
