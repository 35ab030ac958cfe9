import { expect, it } from 'vitest';
import { fabricated, samplesOf } from '../judge/fabricated.ts';
import { OUTCOMES } from '../kinds.ts';
import { seriesOf } from './series.ts';

it('has as many values as there is room for, each a rate or a level of its part', () => {
  const { requestsPerSecond, sockets, otherHandles, moments } = seriesOf(fabricated(), 10);
  expect(requestsPerSecond).toEqual(new Array(10).fill(30_000));
  expect(sockets).toEqual(new Array(10).fill(0));
  expect(otherHandles).toEqual(new Array(10).fill(3));
  expect(moments).toEqual([0.125]);
});

it('is not misled by samples that were taken at other intervals', () => {
  const samples = samplesOf(() => 2 ** 20).filter((_, index) => index < 8 || index % 4 === 3);
  expect(seriesOf(fabricated({ samples }), 10).requestsPerSecond).toEqual(
    new Array(10).fill(30_000),
  );
});

it('tells why requests were not answered with 200', () => {
  const outcomes = (part: number) =>
    OUTCOMES.map(
      (outcome) => ({ ok: 9, queue_full: 2, cut_off: 1, other: 3 })[outcome as 'ok'] ?? 0,
    ).map((count) => count * part);
  const samples = samplesOf(() => 0).map((sample, index) => ({
    ...sample,
    outcomes: outcomes(2 * (index + 1)),
  }));
  const { failures } = seriesOf(fabricated({ samples }), 10);
  expect(Object.values(failures).map(([first]) => first)).toEqual([2, 0, 1, 3]);
});

it('has no more values than there were samples', () => {
  const samples = samplesOf(() => 0).slice(0, 3);
  expect(seriesOf(fabricated({ samples }), 36).heap).toHaveLength(3);
});
