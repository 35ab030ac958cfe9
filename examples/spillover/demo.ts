#!/usr/bin/env node
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { liveLine } from './live-line.ts';
import { reportOf } from './report.ts';
import { resultOf } from './result.ts';
import { runSpillover } from './run.ts';
import { scenarioLasting } from './scenario.ts';
import { summaryOf } from './summary.ts';

const { values } = parseArgs({
  options: {
    /** Seconds; 360 is real time. */
    duration: { type: 'string', default: '40' },
    /** Prints the result as JSON and nothing else. */
    json: { type: 'boolean', default: false },
    /** The spike comes again and again, until SIGINT or SIGTERM. */
    'open-end': { type: 'boolean', default: false },
    report: {
      type: 'string',
      default: resolve(import.meta.dirname, '../../reports/spillover.html'),
    },
  },
});

const seconds = Number(values.duration);
if (!(seconds >= 2))
  throw new RangeError(`--duration must be at least 2 s, got ${values.duration}`);
const isOpenEnded = values['open-end'];
if (isOpenEnded && values.json) throw new RangeError('--open-end has no result for --json');
const scenario = scenarioLasting(seconds * 1000, isOpenEnded);

// An interrupted run still ends its processes: the signal only ends the load.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interruption.abort(new Error(`ended by ${signal}`)));
}

if (!values.json) {
  console.log(
    `Spikes across PTU with PAYG: ${scenario.users.before} users, ` +
      `then ${scenario.users.after}; ${seconds} s${isOpenEnded ? ', again and again' : ''}.\n`,
  );
}
const live = values.json ? undefined : liveLine(process.stdout, scenario);
try {
  const measured = await runSpillover(scenario, {
    signal: interruption.signal,
    onStart({ controlRoom }) {
      if (!values.json) console.log(`Control room: ${controlRoom}\n`);
    },
    onCall: (call) => live?.count(call),
  });
  live?.end();
  const result = resultOf(scenario, measured);
  await mkdir(dirname(values.report), { recursive: true });
  await writeFile(values.report, reportOf(result));
  if (values.json) {
    console.log(JSON.stringify(result, null, 2));
  } else {
    console.log(summaryOf(result));
    console.log(`Report: ${relative(process.env.INIT_CWD ?? '', values.report)}`);
  }
  process.exitCode = result.passed ? 0 : 1;
} catch (error) {
  live?.end();
  if (!interruption.signal.aborted) throw error;
  console.error((interruption.signal.reason as Error).message);
  process.exitCode = isOpenEnded ? 0 : 130;
}
