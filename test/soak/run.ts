import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { stopAll } from '../bench/processes.ts';
import { conduct } from './conduct/conduct.ts';
import { judge } from './judge/judge.ts';
import { type Options, readOptions, usage } from './options.ts';
import { liveLine } from './report/live-line.ts';
import { markdownOf, PICTURE } from './report/markdown.ts';
import { pictureOf, soakPage } from './report/page.ts';
import { summaryOf } from './report/summary.ts';

const ownReports = join(import.meta.dirname, '../../reports');

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await stopAll();
}

/** Gives the exit code: 0 when all holds that must. */
async function run(options: Options): Promise<number> {
  const { framework, seed, callers, requests, durationMs, report = ownReports } = options;
  const extent = requests === undefined ? `${durationMs / 1_000} s` : `${requests} requests`;
  process.stdout.write(
    `Soak: ${extent}, ${callers} at once, through ${framework}, Node ${process.version}; --seed ${seed}\n\n`,
  );
  const live = liveLine(process.stdout);
  const measured = await conduct(options, (progress) => live.show(progress)).finally(live.end);
  const checks = judge(measured);
  process.stdout.write(`${summaryOf(measured, checks)}\n`);
  await mkdir(dirname(join(report, PICTURE)), { recursive: true });
  await Promise.all([
    writeFile(join(report, 'soak.html'), soakPage(measured, checks)),
    writeFile(join(report, 'soak.md'), markdownOf(measured, checks)),
    writeFile(join(report, PICTURE), pictureOf(measured)),
    writeFile(join(report, 'soak.json'), `${JSON.stringify({ checks, ...measured }, null, 2)}\n`),
  ]);
  process.stdout.write(
    `Written to ${relative(process.cwd(), report) || '.'}: soak.html, .md and .json, ${PICTURE}.\n`,
  );
  return checks.every(({ passed }) => passed) ? 0 : 1;
}
