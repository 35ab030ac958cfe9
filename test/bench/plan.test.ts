import { describe, expect, it } from 'vitest';
import { contenders } from './contenders.ts';
import { goals, needsOf } from './goals.ts';
import { readOptions } from './options.ts';
import { makePlan, type Pair, roundsOf } from './plan.ts';
import { rows } from './rows.ts';

const planOf = (...args: string[]) => {
  const options = readOptions(args);
  if (options === undefined) throw new Error('The usage was asked for.');
  return makePlan(options);
};
const pairNames = (plan: ReturnType<typeof planOf>) => plan.pairs.map(pairName);
const pairName = ({ contender, row }: Pair) => `${contender.name} ${row.name}`;

describe('the names of goals and contenders', () => {
  it.each(goals)('of $contender / $against, $measure, all exist', (goal) => {
    for (const need of goal.rows.flatMap((row) => needsOf(goal, row))) {
      const contender = contenders.find(({ name }) => name === need.contender);
      expect(contender?.rows).toContain(need.row);
    }
  });

  it.each(contenders)('of $name lead to rows and contenders', ({ rows: names, comparedWith }) => {
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
    if (comparedWith === undefined) return;
    const peer = contenders.find(({ name }) => name === comparedWith);
    expect(names.some((name) => peer?.rows.includes(name))).toBe(true);
  });
});

describe('the plan', () => {
  it('of a full run measures everything within twelve minutes', () => {
    const plan = planOf();
    expect(plan.pairs).toHaveLength(contenders.flatMap((c) => c.rows).length);
    expect(plan).toMatchObject({ leftOut: [], waiting: true, instances: true });
    expect(plan.goals).toEqual(goals);
    // A minute is for the profiles of what is missed.
    expect(plan.totalSeconds).toBeLessThan(660);
  });

  it('of a full run gives most rounds to what close goals depend on', () => {
    const plan = planOf();
    const rounds = (name: string) => {
      const pair = plan.pairs.find((each) => pairName(each) === name) as Pair;
      return plan.generations.map((_, generation) => roundsOf(plan, pair, generation));
    };
    expect(rounds('spillway-express get')).toEqual(plan.generations);
    expect(Math.min(...plan.generations)).toBeGreaterThanOrEqual(3);
    expect(rounds('weights-express backends-1000')).toEqual([0, 0, plan.briefRounds]);
    expect(rounds('nginx get')).toEqual([0, 0, plan.shownRounds]);
  });

  it('of a quick run stays below 90 seconds and says what it leaves out', () => {
    const plan = planOf('--quick');
    expect(plan.totalSeconds).toBeLessThan(88);
    expect(pairNames(plan)).not.toContain('spillway-express post');
    expect(pairNames(plan)).not.toContain('koa route');
    expect(plan.leftOut.map(({ rows: left }) => left)).toEqual([
      ['post'],
      ['post'],
      ['get'],
      ['get'],
      ['post'],
      ['chat'],
      ['backends-1000'],
      ['backends-1000'],
    ]);
  });

  it('of a quick run has the same server twice, to know the noise', () => {
    const names = pairNames(planOf('--quick'));
    expect(names).toEqual(expect.arrayContaining(['express route', 'express-again route']));
    expect(names).toEqual(expect.arrayContaining(['express alone', 'express-again alone']));
  });

  it('of a section or a curve has all of its rows', () => {
    const rowsOf = (name: string) => planOf('--rows', name).rows.map((row) => row.name);
    expect(rowsOf('failure')).toEqual(['refused-0', 'refused-50', 'refused-100']);
    expect(rowsOf('backends')).toHaveLength(6);
    expect(rowsOf('growth')).toEqual(expect.arrayContaining(rowsOf('backends')));
  });

  it('of some contenders judges only the goals between them', () => {
    const plan = planOf('--only', 'express,protect-express');
    expect(pairNames(plan)).toEqual(['express route', 'protect-express route', 'express alone']);
    expect(plan.goals).toMatchObject([{ contender: 'protect-express', rows: ['route'] }]);
    expect(plan.waiting).toBe(false);
  });

  it('of requests that wait starts no contender', () => {
    const plan = planOf('--rows', 'waiting');
    expect(plan).toMatchObject({ pairs: [], contenders: [], waiting: true });
  });

  it('of brief rows runs them in one generation', () => {
    const plan = planOf('--rows', 'queue');
    expect(plan.generations).toEqual([0]);
    expect(plan.briefRounds).toBeGreaterThan(0);
  });
});
