import { describe, expect, it } from 'vitest';
import { contenders } from './contenders.ts';
import { contendersOf, goals } from './goals.ts';
import { readOptions } from './options.ts';
import { makePlan } from './plan.ts';
import { rows } from './rows.ts';

const planOf = (...args: string[]) => {
  const options = readOptions(args);
  if (options === undefined) throw new Error('The usage was asked for.');
  return makePlan(options);
};
const pairNames = (plan: ReturnType<typeof planOf>) =>
  plan.pairs.map(({ contender, row }) => `${contender.name} ${row.name}`);

describe('the names of goals and contenders', () => {
  it.each(goals)('of $contender / $against, $measure, all exist', (goal) => {
    for (const name of contendersOf(goal)) {
      const contender = contenders.find((c) => c.name === name);
      expect(contender?.rows).toEqual(expect.arrayContaining([...goal.rows]));
    }
  });

  it.each(contenders)('of $name lead to rows and contenders', ({ rows: names, comparedWith }) => {
    expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
    if (comparedWith === undefined) return;
    const peer = contenders.find(({ name }) => name === comparedWith);
    expect(peer?.rows).toEqual(expect.arrayContaining([...names]));
  });
});

describe('the plan', () => {
  it('of a full run measures everything within six minutes', () => {
    const plan = planOf();
    expect(plan.pairs).toHaveLength(contenders.flatMap((c) => c.rows).length);
    expect(plan).toMatchObject({ leftOut: [], waiting: true });
    expect(plan.goals).toEqual(goals);
    expect(plan.totalSeconds).toBeLessThan(360);
  });

  it('of a quick run stays below 90 seconds and says what it leaves out', () => {
    const plan = planOf('--quick');
    expect(plan.totalSeconds).toBeLessThan(90);
    expect(pairNames(plan)).not.toContain('spillway-express post');
    expect(pairNames(plan)).not.toContain('koa get');
    expect(plan.leftOut.map(({ rows: left }) => left)).toEqual([
      ['post'],
      ['post'],
      ['get', 'post'],
    ]);
  });

  it('of some contenders judges only the goals between them', () => {
    const plan = planOf('--only', 'express,protect-express');
    expect(pairNames(plan)).toEqual(['express get', 'protect-express get', 'express alone']);
    expect(plan.goals).toMatchObject([{ contender: 'protect-express', rows: ['get'] }]);
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
