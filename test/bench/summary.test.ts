import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';
import { makePlan } from './plan.ts';
import { guardNote } from './report/notes.ts';
import type { Measured } from './rounds.ts';
import { exitCodeOf, summarize } from './summary.ts';

/** A run of the two that one goal compares, at most 1.08, with what each round took. */
function summaryOf(args: string[], protect: number[], express: number[], again = express) {
  const options = readOptions(['--rows', 'route', '--only', names.join(','), ...args]);
  if (options === undefined) throw new Error('The usage was asked for.');
  const micros = [express, again, protect];
  const measured = names.map(
    (contender, index): Measured => ({
      contender,
      row: 'route',
      samples: (micros[index] ?? []).map((microsPerRequest) => ({
        microsPerRequest,
        requestsPerSecond: 1e6 / microsPerRequest,
        meanMs: 1,
        p50Ms: 1,
        p99Ms: 1,
        busy: 1,
      })),
    }),
  );
  return summarize(makePlan(options), measured, undefined);
}
const names = ['express', 'express-again', 'protect-express'];

describe('the exit code', () => {
  it('of a full run is 1 when a goal is missed', () => {
    expect(exitCodeOf(summaryOf([], [105, 106], [100, 100]))).toBe(0);
    expect(exitCodeOf(summaryOf([], [109, 110], [100, 100]))).toBe(1);
  });

  it('of a quick run is 0 when the goal is missed by what the noise may be', () => {
    const summary = summaryOf(['--quick'], [112, 113], [100, 100]);
    expect(summary.judgements).toMatchObject([{ verdict: 'missed', isRegression: false }]);
    expect(exitCodeOf(summary)).toBe(0);
  });

  it('of a quick run is 1 when no noise of this run explains it, and the report names it', () => {
    const summary = summaryOf(['--quick'], [128, 129], [100, 100]);
    expect(exitCodeOf(summary)).toBe(1);
    expect(guardNote(summary)).toContain('more than that: protect-express / express on route.');
  });

  it('of a quick run allows for more where the same server differed by more', () => {
    expect(exitCodeOf(summaryOf(['--quick'], [128, 129], [100, 100], [100, 110]))).toBe(0);
  });

  it('is 2 when something could not be judged', () => {
    expect(exitCodeOf(summaryOf([], [], [100, 100]))).toBe(2);
    expect(exitCodeOf(summaryOf(['--quick'], [], [100, 100]))).toBe(2);
  });
});
