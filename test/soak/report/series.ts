import type { Measurements, Sample } from '../conduct/measurements.ts';
import { OUTCOMES, type Outcome } from '../kinds.ts';

/** What is drawn over time: one value for each of as many equal parts of the soak. */
export interface Series {
  readonly requestsPerSecond: readonly number[];
  /** Per second. */
  readonly refused: readonly number[];
  readonly failed: readonly number[];
  readonly cutOff: readonly number[];
  /** In MiB. */
  readonly heap: readonly number[];
  readonly external: readonly number[];
  readonly rss: readonly number[];
  readonly sockets: readonly number[];
  /** All but sockets. */
  readonly otherHandles: readonly number[];
  /** When backends were struck, as shares of the time. */
  readonly moments: readonly number[];
}

const MIB = 2 ** 20;
const REFUSED: readonly Outcome[] = ['queue_full', 'queue_timeout', 'circuit_open', 'no_backend'];
const CUT: readonly Outcome[] = ['cut_off'];
const FINE: readonly Outcome[] = ['ok', 'left', ...REFUSED, ...CUT];
const FAILED = OUTCOMES.filter((outcome) => !FINE.includes(outcome));
const SOCKETS = new Set(['TCPSocketWrap', 'ConnectWrap', 'SimpleShutdownWrap']);
const start = { at: 0, ended: 0, outcomes: [] as readonly number[] };

/** @param most how many values there is room for */
export function seriesOf(
  { samples, strikes, startedAt, loadMs }: Measurements,
  most: number,
): Series {
  const parts = Math.min(most, samples.length);
  const ends = Array.from({ length: parts }, (_, part) => {
    return samples[Math.ceil(((part + 1) * samples.length) / parts) - 1] as Sample;
  });
  const perSecond = (count: (sample: typeof start) => number) =>
    ends.map((end, index) => {
      const begin = ends[index - 1] ?? start;
      return ((count(end) - count(begin)) / Math.max(1, end.at - begin.at)) * 1_000;
    });
  const outcomes = (names: readonly Outcome[]) =>
    perSecond(({ outcomes: counts }) =>
      names.reduce((sum, name) => sum + (counts[OUTCOMES.indexOf(name)] ?? 0), 0),
    );
  const handles = ({ handles: counts }: Sample, isSocket: boolean) =>
    Object.entries(counts).reduce(
      (sum, [kind, count]) => sum + (SOCKETS.has(kind) === isSocket ? count : 0),
      0,
    );
  return {
    requestsPerSecond: perSecond(({ ended }) => ended),
    refused: outcomes(REFUSED),
    failed: outcomes(FAILED),
    cutOff: outcomes(CUT),
    heap: ends.map(({ heapUsed }) => heapUsed / MIB),
    external: ends.map(({ external }) => external / MIB),
    rss: ends.map(({ rss }) => rss / MIB),
    sockets: ends.map((sample) => handles(sample, true)),
    otherHandles: ends.map((sample) => handles(sample, false)),
    moments: strikes.map(({ at }) => Math.min(1, (at - startedAt) / loadMs)),
  };
}
