#!/usr/bin/env node
import { liveLine } from './live-line.ts';
import { optionsOrExit } from './options.ts';
import { type ReplayOptions, replay } from './replay.ts';
import { type ReplayResult, replayResultOf, resultOf } from './result.ts';
import { scenarioAt } from './scenario.ts';
import { summaryOf } from './summary.ts';

const { speed, json } = optionsOrExit(process.argv.slice(2));
const scenario = scenarioAt(speed);
const { jobs, limit } = scenario;

if (!json) {
  console.log(
    `${jobs} jobs of 20 s, sent at once, to a backend that should run ${limit.maxCount} at once; ` +
      `${speed} times as fast.\n`,
  );
}

async function show(
  title: string,
  idealRounds: number,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const live = json ? undefined : liveLine(process.stdout, title, scenario);
  try {
    const measured = await replay(scenario, { ...options, watch: (state) => live?.show(state) });
    return replayResultOf(measured, scenario, idealRounds);
  } finally {
    live?.end();
  }
}

const rounds = Math.ceil(jobs / limit.maxCount);
const result = resultOf(scenario, {
  unlimited: await show('no limit', 1, { limited: false, impatient: 'none' }),
  limited: await show('2 at once', rounds, { limited: true, impatient: 'none' }),
  impatient: await show('impatient', rounds, { limited: true, impatient: 'the last' }),
});
console.log(json ? JSON.stringify(result, null, 2) : summaryOf(result));
process.exitCode = result.passed ? 0 : 1;
