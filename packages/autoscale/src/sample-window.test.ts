import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SampleWindow } from './sample-window.ts';

it('is as empty as it is long, and full once it has as many samples', () => {
  const window = new SampleWindow(3, 0);
  expect([window.missing, window.average]).toEqual([3, undefined]);
  window.push(1);
  window.push(3);
  expect([window.missing, window.average]).toEqual([1, 2]);
  window.push(5);
  expect([window.missing, window.average]).toEqual([0, 3]);
  window.push(7);
  expect([window.missing, window.average]).toEqual([0, 5]);
});

it('finds samples that are all at the threshold neither above it nor below, however long it runs', () => {
  const window = new SampleWindow(45, 0.8);
  for (let count = 0; count < 10_000; count++) {
    window.push(count % 100 === 0 ? 0.123_456_789 : 0.8);
  }
  for (let count = 0; count < 45; count++) window.push(0.8);
  expect(window.excess).toBe(0);
  expect(window.average).toBe(0.8);
});

it('agrees with a list of the latest samples', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: -2, max: 2, noNaN: true }) },
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.record({ skip: fc.integer({ min: 0, max: 20 }) }) },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      fc.array(step, { maxLength: 60 }),
      (length, threshold, steps) => {
        const window = new SampleWindow(length, threshold);
        let list = new Array<number | undefined>(length).fill(undefined);
        for (const each of steps) {
          if (typeof each === 'object') {
            window.skip(each.skip);
            list.push(...new Array<undefined>(each.skip).fill(undefined));
          } else {
            window.push(each);
            list.push(each);
          }
          list = list.slice(-length);
          const present = list.filter((sample) => sample !== undefined);
          expect(window.missing).toBe(length - present.length);
          if (present.length === 0) {
            expect(window.average).toBeUndefined();
          } else {
            const sum = present.reduce((total, sample) => total + sample, 0);
            expect(window.average).toBeCloseTo(sum / present.length, 9);
          }
        }
      },
    ),
  );
});
