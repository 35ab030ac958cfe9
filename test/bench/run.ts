import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { serverFile } from './contenders.ts';
import { placeOnCores } from './cores.ts';
import { measureSharedLimit } from './instances/measure-instances.ts';
import { createLoad } from './load/create-load.ts';
import { profileMissed } from './missed.ts';
import { readOptions, usage } from './options.ts';
import { makePlan, type Plan } from './plan.ts';
import { startServer, stopAll } from './processes.ts';
import { markdownReport } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import { svgChart } from './report/svg.ts';
import { svgCurves } from './report/svg-curves.ts';
import { terminalReport } from './report/terminal.ts';
import { measureRounds } from './rounds.ts';
import { defaultConnections } from './rows.ts';
import { exitCodeOf, summarize } from './summary.ts';
import { measureWaiting } from './waiting/measure-waiting.ts';

const reports = new URL('../../reports/', import.meta.url);
const pictures = [
  { title: 'Processor time per request', file: 'bench.svg' },
  { title: 'How cost grows', file: 'bench-curves.svg' },
];

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else process.exitCode = await run(makePlan(options), options.pin);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await stopAll();
}

async function run(plan: Plan, pin: boolean): Promise<number> {
  const cores = placeOnCores(pin);
  const load = createLoad(cores.rest);
  const circumstances =
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${load.name}, ` +
    `${defaultConnections} connections unless said otherwise, windows of ${plan.seconds} s, ` +
    `${cores.pinned ? 'the server on a core of its own' : 'no core of its own for the server'}.`;
  process.stdout.write(`${circumstances} About ${plan.totalSeconds} s.\n\n`);

  const backend = await startServer(serverFile('backend'), { before: cores.rest });
  const ground = { backend, load, cores };
  const measured = await measureRounds(plan, ground, progress);
  progress(plan.waiting ? 'measuring requests that wait' : '');
  const waiting = plan.waiting
    ? await measureWaiting(cores.server, plan.waitingCount).catch((error: Error) => error)
    : undefined;
  progress(plan.instances ? 'measuring a limit that instances share' : '');
  const sharedLimit = plan.instances
    ? { figures: await measureSharedLimit().catch((error: Error) => error.message) }
    : undefined;
  const summary = summarize(plan, measured, waiting);
  const missed = plan.quick ? [] : await profileMissed(plan, summary.judgements, ground, progress);
  progress('');

  const report: Report = {
    ...summary,
    circumstances,
    missed,
    ...(sharedLimit && { sharedLimit }),
  };
  process.stdout.write(terminalReport(report));
  await mkdir(reports, { recursive: true });
  await Promise.all([
    writeReport('bench.svg', svgChart(summary.tables)),
    writeReport('bench-curves.svg', svgCurves(summary.curves)),
    writeReport('bench.md', markdownReport(report, pictures)),
    writeReport('bench.json', JSON.stringify({ ...report, measured }, null, 2)),
  ]);
  process.stdout.write(
    '\nWritten to reports/bench.md and .json. How to read it: test/bench/README.md.\n',
  );
  const hasFailed = typeof sharedLimit?.figures === 'string';
  return exitCodeOf(summary) || (hasFailed ? 2 : 0);
}

function writeReport(name: string, text: string): Promise<void> {
  return writeFile(new URL(name, reports), `${text.trimEnd()}\n`);
}

/** One line that is written over, and nothing at all where nobody watches. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
