#!/usr/bin/env node
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { liveLine } from './live-line.ts';
import { optionsOrExit } from './options.ts';
import { reportOf } from './report.ts';
import { resultOf } from './result.ts';
import { runAutoscale } from './run.ts';
import { scenarioLasting } from './scenario.ts';
import { summaryOf } from './summary.ts';

const { duration, load, seed, report, json } = optionsOrExit(process.argv.slice(2));
const scenario = scenarioLasting(duration, seed, load);

// An interrupted run still ends its processes: the signal only ends the load.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error(`ended by ${signal}`)));
}

if (!json)
  console.log(`A service that hashes, under a load that rises and falls; ${duration} s.\n`);
const live = json ? undefined : liveLine(process.stdout);
try {
  const measured = await runAutoscale(scenario, {
    signal: interruption.signal,
    ...(live && { onCall: live.call, onSample: live.sample }),
  });
  live?.end();
  const result = resultOf(scenario, measured);
  await mkdir(dirname(report), { recursive: true });
  await writeFile(report, reportOf(result));
  if (json) {
    console.log(JSON.stringify(result, null, 2));
  } else {
    console.log(summaryOf(result));
    console.log(`Report: ${relative(process.env.INIT_CWD ?? '', report)}`);
  }
  process.exitCode = result.passed ? 0 : 1;
} catch (error) {
  live?.end();
  if (!interruption.signal.aborted) throw error;
  console.error((interruption.signal.reason as Error).message);
  process.exitCode = 130;
}
