import type { Check } from '@spillway/example-charts/page.ts';
import { median } from '../../bench/statistics.ts';
import type { Measurements, Sample } from '../conduct/measurements.ts';
import { type Trend, trendOf } from './trend.ts';

/**
 * Bytes that the heap may grow by for each request. Whatever is kept for each takes more: an empty
 * object 24 bytes, an entry of a map 40, a listener or a timer over 100.
 */
const BYTES_PER_REQUEST = 10;
/** What the heap may grow by in a half that is over soon: V8 still compiles what it has seen often. */
const WARM_UP_BYTES = 3 * 2 ** 20;
/** Of the slope's standard error: beyond it chance is out of the question (1 in 700, on one side). */
const ERRORS = 3;
const FEWEST_SAMPLES = 4;
/** Through fewer a line has no error. */
const FEWEST_APART = 3;
/** What is kept is in the least sample of any time; what is under way is not. */
const LEAST_OF = 12;
/**
 * What the process may have at rest above what it had at work in the first quarter: code that was
 * compiled since, and the free lists of Node's HTTP and undici, which are bounded.
 */
const MARGIN_BYTES = 8 * 2 ** 20;
const MIB = 2 ** 20;

/** Whether what is left after garbage collection goes on growing, or has grown for good. */
export function judgeMemory({ samples, after }: Measurements): Check[] {
  const lastAt = samples.at(-1)?.at ?? 0;
  const secondHalf = samples.filter(({ at }) => at > lastAt / 2);
  const firstQuarter = samples.filter(({ at }) => at <= lastAt / 4);
  const enough = secondHalf.length >= FEWEST_SAMPLES;
  return (['heapUsed', 'external'] as const).flatMap((what) => [
    {
      claim: `${NAMES[what]} does not grow with requests`,
      ...(enough
        ? judgeGrowth(secondHalf, what)
        : notEnough(secondHalf.length, 'in the second half')),
    },
    {
      claim: `${NAMES[what]} at rest is what it was`,
      ...(enough
        ? judgeRest(firstQuarter, after[what], what)
        : notEnough(secondHalf.length, 'in the second half')),
    },
  ]);
}

type Kind = 'heapUsed' | 'external';
type Verdict = Omit<Check, 'claim'>;

const NAMES = { heapUsed: 'the heap', external: 'memory outside of the heap' } as const;

function judgeGrowth(samples: readonly Sample[], what: Kind): Verdict {
  const points = leastOf(samples, what).map((sample) => [sample.ended, sample[what]] as const);
  // A machine that was late takes several in one part of the time.
  const apart = new Set(points.map(([ended]) => ended)).size;
  if (apart < FEWEST_APART) return notEnough(apart, 'apart in the second half');
  const { slope, error }: Trend = trendOf(points);
  const requests = (samples.at(-1)?.ended ?? 0) - (samples[0]?.ended ?? 0);
  const growth = slope * requests;
  const uncertainty = ERRORS * error * requests;
  const allowed = Math.max(BYTES_PER_REQUEST * requests, WARM_UP_BYTES);
  return {
    passed: growth - uncertainty <= allowed,
    detail:
      `${mebibytes(growth)} ± ${mebibytes(uncertainty)} MiB in the ${requests} requests of the ` +
      `second half, ${mebibytes(allowed)} allowed`,
  };
}

/** The least sample of each of {@link LEAST_OF} equal parts of the time. */
function leastOf(samples: readonly Sample[], what: Kind): Sample[] {
  const from = samples[0]?.at ?? 0;
  const partMs = ((samples.at(-1)?.at ?? 0) - from) / LEAST_OF;
  const least = new Map<number, Sample>();
  for (const sample of samples) {
    const part = Math.min(LEAST_OF - 1, Math.floor((sample.at - from) / partMs));
    const other = least.get(part);
    if (other === undefined || sample[what] < other[what]) least.set(part, sample);
  }
  return [...least.values()];
}

function judgeRest(samples: readonly Sample[], atRest: number, what: Kind): Verdict {
  if (samples.length === 0) return notEnough(0, 'in the first quarter');
  const atWork = median(samples.map((sample) => sample[what]));
  return {
    passed: atRest <= atWork + MARGIN_BYTES,
    detail:
      `${mebibytes(atRest)} MiB, after ${mebibytes(atWork)} in the first quarter ` +
      `and ${mebibytes(MARGIN_BYTES)} more allowed`,
  };
}

function notEnough(count: number, where: string): Verdict {
  return { passed: false, detail: `only ${count} samples ${where}` };
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
