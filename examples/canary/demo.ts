#!/usr/bin/env node
import { liveLine } from './live-line.ts';
import { type Act, optionsOrExit } from './options.ts';
import { type ActResult, resultOf, rolloutResultOf, shadowsResultOf } from './result.ts';
import { runRollout, runShadows } from './run.ts';
import { scenarioAt } from './scenario.ts';
import { summaryOf } from './summary.ts';

const { speed, seed, acts, json } = optionsOrExit(process.argv.slice(2));
const scenario = scenarioAt(speed, seed);

if (!json) {
  console.log(
    `Versions behind one route, ${scenario.rate / speed} requests a second; ` +
      `${speed} times as fast.\n`,
  );
}

async function perform(act: Act): Promise<ActResult> {
  const live = json ? undefined : liveLine(process.stdout, act, scenario);
  const watch = live?.show;
  try {
    if (act === 'shadows') {
      return { act, shadows: shadowsResultOf(await runShadows(scenario, watch)) };
    }
    const trouble = ({ good: 'none', failing: 'fails', slow: 'slow' } as const)[act];
    return { act, rollout: rolloutResultOf(await runRollout(scenario, trouble, watch)) };
  } finally {
    live?.end();
  }
}

const results: ActResult[] = [];
for (const act of acts) results.push(await perform(act));
const result = resultOf(scenario, results);
console.log(json ? JSON.stringify(result, null, 2) : summaryOf(result));
process.exitCode = result.passed ? 0 : 1;
