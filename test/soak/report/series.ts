import type { Measurements, Sample } from '../conduct/measurements.ts';
import { OUTCOMES, type Outcome } from '../kinds.ts';

/** What is drawn over time: one value for each of as many equal parts of the soak. */
export interface Series {
  readonly requestsPerSecond: readonly number[];
  /** Per second: what was not answered with 200, by its cause. */
  readonly failures: Readonly<Record<Cause, readonly number[]>>;
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
/** Why a request was not answered with 200, in few words. */
export const CAUSES = ['refused', 'too late', 'cut off', 'broken'] as const;
export type Cause = (typeof CAUSES)[number];

/** Those that are not named are `broken`. */
const causes: Partial<Record<Outcome, Cause | 'none'>> = {
  ok: 'none',
  left: 'none',
  queue_full: 'refused',
  queue_timeout: 'refused',
  circuit_open: 'refused',
  no_backend: 'refused',
  backend_refused: 'refused',
  request_timeout: 'too late',
  gateway_timeout: 'too late',
  cut_off: 'cut off',
};
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
  const failures = (cause: Cause) => {
    const because = OUTCOMES.map((outcome) => (causes[outcome] ?? 'broken') === cause);
    return perSecond(({ outcomes: counts }) =>
      counts.reduce((sum, count, outcome) => sum + (because[outcome] ? count : 0), 0),
    );
  };
  const handles = (isSocket: boolean) =>
    level(({ handles: counts }) =>
      Object.entries(counts).reduce(
        (sum, [kind, count]) => sum + (SOCKETS.has(kind) === isSocket ? count : 0),
        0,
      ),
    );
  return {
    requestsPerSecond: perSecond(({ ended }) => ended),
    failures: {
      refused: failures('refused'),
      'too late': failures('too late'),
      'cut off': failures('cut off'),
      broken: failures('broken'),
    },
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
