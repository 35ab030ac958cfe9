import { expect, it } from 'vitest';
import { isOver, scenarioLasting, untilSpikeMs } from './scenario.ts';

it('has one spike from half time on, and is over after it', () => {
  const scenario = scenarioLasting(40_000);
  expect(untilSpikeMs(5_000, scenario)).toBe(15_000);
  expect(untilSpikeMs(20_000, scenario)).toBe(0);
  expect(untilSpikeMs(39_999, scenario)).toBe(0);
  expect([isOver(39_999, scenario), isOver(40_000, scenario)]).toEqual([false, true]);
});

it('without an end has a spike in each second half', () => {
  const scenario = scenarioLasting(40_000, true);
  expect(isOver(400_000, scenario)).toBe(false);
  expect(untilSpikeMs(41_000, scenario)).toBe(19_000);
  expect(untilSpikeMs(61_000, scenario)).toBe(0);
});
