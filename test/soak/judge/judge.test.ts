import { describe, expect, it } from 'vitest';
import type { Measurements, Sample } from '../conduct/measurements.ts';
import { fabricated, samplesOf, stateOf } from './fabricated.ts';
import { judge } from './judge.ts';

const MIB = 2 ** 20;

function broken(change: Partial<Measurements>): { claim: string; detail: string }[] {
  return judge(fabricated(change))
    .filter(({ passed }) => !passed)
    .map(({ claim, detail }) => ({ claim, detail }));
}

const counted = (kind: string, counts: Record<string, number>) => ({
  counts: { ...fabricated().counts, [kind]: counts },
});
const grown = (bytes: number): Sample[] => samplesOf((ended) => 30 * MIB + bytes * ended);

it('passes a soak in which all is well', () => {
  expect(broken({})).toEqual([]);
});

describe('a soak fails', () => {
  it.each<[string, Partial<Measurements>, claim: RegExp, detail: RegExp]>([
    [
      'when one request of thousands that was promised success has none',
      counted('get', { ok: 5_000, bad_gateway: 1 }),
      /promised success/,
      /^1 of \d+ failed/,
    ],
    [
      'when a request gets bytes that are not its own',
      counted('fetch by put', { ok: 9, wrong_bytes: 1 }),
      /promised success/,
      /^1 of/,
    ],
    [
      'when a POST fails otherwise than the rules allow',
      counted('post', { ok: 9, no_answer: 1 }),
      /only in the ways/,
      /^1 of/,
    ],
    [
      'when fewer requests were made than were asked for',
      { options: { ...fabricated().options, requests: 1_000 } },
      /all requests were made/,
      /^220 requests/,
    ],
    [
      'when an answer is cut off by a backend that was well',
      { cutOffs: [{ id: 7, servedBy: 'b2.0', at: 1_011_000 }] },
      /struck/,
      /1 of 1 were not; request 7 of b2.0/,
    ],
    [
      'when an answer is cut off long after its backend was struck',
      { cutOffs: [{ id: 7, servedBy: 'b1.0', at: 1_030_000 }] },
      /struck/,
      /^1 of 1/,
    ],
    [
      'when an answer is cut off by a backend that was let go in peace',
      {
        strikes: [{ blow: 'drain', servedBy: 'b1.0', at: 1_010_000, until: 1_012_000 }],
        cutOffs: [{ id: 7, servedBy: 'b1.0', at: 1_011_000 }],
      },
      /struck/,
      /^1 of 1/,
    ],
    [
      'when a POST was served twice',
      { account: { ...fabricated().account, twice: [12] } },
      /no POST/,
      /^requests 12, of 10/,
    ],
    [
      'when what was refused was served all the same',
      { account: { ...fabricated().account, servedThough: [13] } },
      /what was refused was not/,
      /refused but served: requests 13/,
    ],
    [
      'when a backend saw a request that is no attempt',
      { account: { ...fabricated().account, received: { b1: 85 } } },
      /attempts/,
      /b1 noted 85 requests, and was given 80 to 84/,
    ],
    [
      'when an answer is counted for which a backend saw no request',
      { account: { ...fabricated().account, received: { candidate: 4 } } },
      /attempts/,
      /candidate noted 4/,
    ],
    [
      'when a request is lost between arriving at a gate and going on',
      {
        state: stateOf({
          books: { limited: { arrived: 101, entered: 90, ended: 90, left: 7, most: 3 } },
        }),
      },
      /who arrived/,
      /101 arrived, 90 \+ 3 \+ 7 went on/,
    ],
    [
      'when a handler does not end',
      {
        state: stateOf({
          books: { limited: { arrived: 100, entered: 90, ended: 89, left: 7, most: 3 } },
        }),
      },
      /who arrived/,
      /90 began, 89 ended/,
    ],
    ['when a backend is still at work', { unanswered: { b1: 1 } }, /nothing runs/, /^b1: 1$/],
    [
      'when a slot is missing',
      { probes: [{ gate: 'limited', slots: 3, taken: 2 }] },
      /all of its slots/,
      /limited had 2 at once, of 3/,
    ],
    [
      'when one handler too many was at work',
      {
        state: stateOf({
          books: { limited: { arrived: 100, entered: 90, ended: 90, left: 7, most: 4 } },
        }),
      },
      /and no more/,
      /limited had 4 at once, of 3/,
    ],
    [
      'when a handle is left',
      { after: { ...fabricated().after, handles: { TCPServerWrap: 1, Timeout: 1 } } },
      /handles/,
      /^1 × Timeout$/,
    ],
    [
      'when Node warns of something',
      { state: stateOf({ complaints: ['MaxListenersExceededWarning: 11 listeners'] }) },
      /warn/,
      /11 listeners/,
    ],
    ['when the process does not end', { end: undefined }, /ended by itself/, /it did not/],
    [
      'when the process ends otherwise',
      { end: { code: 1, signal: null, said: '' } },
      /ended by itself/,
      /code 1/,
    ],
    [
      'when sixteen bytes are kept for each request',
      { samples: grown(16) },
      /^the heap does not grow/,
      /MiB in the 1140000 requests .* 10.9 allowed/,
    ],
    [
      'when the heap is far above what it was at the end',
      { after: { ...fabricated().after, heapUsed: 39 * MIB } },
      /^the heap at rest/,
      /^39.0 MiB, after 30.0/,
    ],
    ['when nothing was struck', { strikes: [] }, /all the while/, /5 changes/],
    [
      'when a change was not taken',
      { troubles: ['setTraffic: no such backend'] },
      /all the while/,
      /no such backend/,
    ],
  ])('%s', (_name, change, claim, detail) => {
    const [first, ...others] = broken(change);
    expect(first?.claim).toMatch(claim);
    expect(first?.detail).toMatch(detail);
    expect(others).toEqual([]);
  });

  it('when no caller left in the midst of a request', () => {
    const counts = Object.fromEntries(
      Object.keys(fabricated().counts).map((kind) => [kind, { ok: 10 }]),
    );
    expect(broken({ counts })).toMatchObject([{ claim: expect.stringContaining('callers left') }]);
  });

  it('when there are too few samples to judge memory by', () => {
    expect(broken({ samples: samplesOf(() => 0).slice(0, 6) })).toHaveLength(4);
  });

  it.each<[string, ats: number[], details: string[]]>([
    [
      'together, since the machine was late',
      [1_000, 2_000, 6_000, 9_800, 9_900, 10_000],
      ['only 2 samples apart in the second half', 'only 2 samples apart in the second half'],
    ],
    [
      'after its beginning',
      [4_000, 6_000, 7_000, 8_000, 9_000, 10_000],
      ['only 0 samples in the first quarter', 'only 0 samples in the first quarter'],
    ],
  ])('when all samples of one part were taken %s', (_, ats, expected) => {
    const all = samplesOf(() => 30 * MIB);
    const samples = ats.map((at, index) => ({ ...(all[index] as Sample), at }));
    expect(broken({ samples }).map(({ detail }) => detail)).toEqual(expected);
  });
});

it('lets a heap be that grows by less than a byte for each request', () => {
  const growing = samplesOf((ended) => 30 * MIB + 2 * MIB * (ended / 2_400_000));
  expect(broken({ samples: growing })).toEqual([]);
});

it('lets memory be that is in use at times, and in more use towards the end', () => {
  const [first] = samplesOf(() => 30 * MIB) as [Sample];
  const samples = Array.from({ length: 400 }, (_, index) => ({
    ...first,
    at: index * 2_000,
    ended: index * 50,
    external: first.external + (index % 4 === 0 ? 0 : (index / 400) * 40 * MIB),
  }));
  expect(broken({ samples })).toEqual([]);
  const leaking = samples.map((sample, index) => ({
    ...sample,
    external: sample.external + (index / 400) * 10 * MIB,
  }));
  expect(broken({ samples: leaking })).toHaveLength(1);
});

it('lets a heap be that is still warming up in a short soak', () => {
  const samples = samplesOf((ended) => 30 * MIB + ended).map((sample) => ({
    ...sample,
    ended: sample.ended / 100,
  }));
  expect(broken({ samples })).toEqual([]);
});

it('tells what the first surprises were', () => {
  const surprise = {
    id: 77,
    kind: 'get',
    outcome: 'other',
    status: 418,
    detail: 'a teapot',
    at: 1,
  };
  const [check] = broken({ ...counted('get', { ok: 9, other: 1 }), surprises: [surprise] });
  expect(check?.detail).toBe('1 of 98 failed; request 77, get: other, 418 a teapot');
});
