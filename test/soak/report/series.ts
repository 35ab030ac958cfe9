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

/** @param most how many values there is room for */
export function seriesOf(
  { samples, strikes, startedAt, loadMs }: Measurements,
  most: number,
): Series {
  const parts = Math.min(most, samples.length);
  const partMs = (samples.at(-1)?.at ?? 0) / parts;
  const perSecond = (figure: Figure) =>
    Array.from({ length: parts }, (_, part) => {
      const counted = valueAt(samples, figure, (part + 1) * partMs);
      return ((counted - valueAt(samples, figure, part * partMs)) / partMs) * 1_000;
    });
  const level = (figure: Figure) =>
    Array.from({ length: parts }, (_, part) => valueAt(samples, figure, (part + 1) * partMs));
  const outcomes = (names: readonly Outcome[]) =>
    perSecond(({ outcomes: counts }) =>
      names.reduce((sum, name) => sum + (counts[OUTCOMES.indexOf(name)] ?? 0), 0),
    );
  const handles = (isSocket: boolean) =>
    level(({ handles: counts }) =>
      Object.entries(counts).reduce(
        (sum, [kind, count]) => sum + (SOCKETS.has(kind) === isSocket ? count : 0),
        0,
      ),
    );
  return {
    requestsPerSecond: perSecond(({ ended }) => ended),
    refused: outcomes(REFUSED),
    failed: outcomes(FAILED),
    cutOff: outcomes(CUT),
    heap: level(({ heapUsed }) => heapUsed / MIB),
    external: level(({ external }) => external / MIB),
    rss: level(({ rss }) => rss / MIB),
    sockets: handles(true),
    otherHandles: handles(false),
    moments: strikes.map(({ at }) => Math.min(1, (at - startedAt) / loadMs)),
  };
}

type Figure = (sample: Sample) => number;

/** Between two samples as if it had changed steadily; 0 at the beginning. */
function valueAt(samples: readonly Sample[], figure: Figure, at: number): number {
  const next = samples.findIndex((sample) => sample.at >= at);
  const after = samples[next] ?? samples.at(-1);
  if (after === undefined) return 0;
  const before = samples[next - 1];
  const [fromAt, from] = before === undefined ? [0, 0] : [before.at, figure(before)];
  return from + ((figure(after) - from) * (at - fromAt)) / Math.max(1, after.at - fromAt);
}
