import type { Check } from '@spillway/example-charts/page.ts';
import type { Measurements } from '../conduct/measurements.ts';
import { isPromised, KINDS, type Kind } from '../kinds.ts';

const SHOWN = 3;
/** An answer of a stopped backend is cut off when `bodyMs` is over; processes may be late. */
const LATEST_CUT_MS = 5_000;
const CUTTING = new Set(['kill', 'stop', 'remove']);

/** Whether callers got what they were to get. */
export function judgeRequests(measured: Measurements): Check[] {
  const { options, counts, surprises } = measured;
  const ended = (kinds: readonly Kind[], isCounted = (_outcome: string) => true) =>
    kinds.reduce(
      (sum, { name }) =>
        sum +
        Object.entries(counts[name] ?? {}).reduce(
          (of, [outcome, count]) => of + (isCounted(outcome) ? count : 0),
          0,
        ),
      0,
    );
  const promised = KINDS.filter(isPromised);
  const others = KINDS.filter((kind) => !isPromised(kind));
  const wrong = (kinds: readonly Kind[]) =>
    kinds.reduce((sum, kind) => sum + ended([kind], (outcome) => !isRight(kind, outcome)), 0);
  const told = (kinds: readonly Kind[]) => {
    const names = new Set(kinds.map(({ name }) => name));
    const shown = surprises.filter(({ kind }) => names.has(kind)).slice(0, SHOWN);
    return shown.map(
      ({ id, kind, outcome, status, detail }) =>
        `; request ${id}, ${kind}: ${outcome}, ${status} ${detail}`,
    );
  };
  const all = ended(KINDS);
  const left = ended(KINDS, (outcome) => outcome === 'left');
  const asked = options.requests ?? 1;
  return [
    {
      claim: 'every request that is promised success had it, byte for byte',
      passed: wrong(promised) === 0 && ended(promised) > 0,
      detail: `${wrong(promised)} of ${ended(promised)} failed${told(promised).join('')}`,
    },
    {
      claim: 'all others failed only in the ways that the rules allow',
      passed: wrong(others) === 0 && ended(others) > 0,
      detail: `${wrong(others)} of ${ended(others)} did otherwise${told(others).join('')}`,
    },
    {
      claim: 'all requests were made, and callers left in the midst of some',
      passed: all >= asked && left > 0,
      detail: `${all} requests, of ${left} the caller left`,
    },
    judgeCutOffs(measured),
  ];
}

function isRight({ may }: Kind, outcome: string): boolean {
  return outcome === 'ok' || outcome === 'left' || may.some((allowed) => allowed === outcome);
}

/** An answer that has begun can not be replaced, but nothing else than its backend's end may end it. */
function judgeCutOffs({ cutOffs, strikes }: Measurements): Check {
  const cutting = strikes.filter(({ blow }) => CUTTING.has(blow));
  const odd = cutOffs.filter(
    ({ servedBy, at }) =>
      !cutting.some(
        (strike) =>
          strike.servedBy === servedBy && strike.at <= at && at <= strike.until + LATEST_CUT_MS,
      ),
  );
  const shown = odd.slice(0, SHOWN).map(({ id, servedBy }) => `; request ${id} of ${servedBy}`);
  return {
    claim: 'answers were cut off only by backends that were struck',
    passed: odd.length === 0,
    detail: `${odd.length} of ${cutOffs.length} were not${shown.join('')}`,
  };
}
