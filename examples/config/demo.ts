#!/usr/bin/env node
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBackend } from './backend.ts';
import { startLoad } from './load.ts';
import { startService } from './running-service.ts';

const CALLERS = 8;
/** Requests from which a share is read. */
const ENOUGH = 400;

const folder = mkdtempSync(join(tmpdir(), 'spillway-example-'));
const file = join(folder, 'spillway.yaml');
cpSync(join(import.meta.dirname, 'spillway.yaml'), file);
const rewrite = (from: string, to: string) =>
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
const writeSecret = (name: string, key: string) => writeFileSync(join(folder, name), key);
writeSecret('blue-key', 'blue-1');
writeSecret('green-key', 'green-1');

const blue = await startBackend('blue-1');
const green = await startBackend('green-1');
const service = await startService(file, folder, { BLUE_URL: blue.url, GREEN_URL: green.url });
const load = startLoad(service.origin, CALLERS);
const checks: [claim: string, passed: boolean, detail: string][] = [];

/** What `green` gets of the requests from now on. */
async function shareOfGreen(): Promise<number> {
  const before = { blue: blue.requestsWith(), green: green.requestsWith() };
  await load.answered(ENOUGH);
  const toGreen = green.requestsWith() - before.green;
  return toGreen / (toGreen + blue.requestsWith() - before.blue);
}

async function checkShare(claim: string, expected: number): Promise<void> {
  const share = await shareOfGreen();
  // What was under way at the change is not counted exactly.
  const passed = Math.abs(share - expected) * ENOUGH <= CALLERS + 2;
  checks.push([claim, passed, `${(share * 100).toFixed(1)} %`]);
}

try {
  console.log(
    `${CALLERS} callers, two backends; the pool and a limit are those of spillway.yaml\n`,
  );
  await checkShare('green begins with the share that the file gives it: 10 %', 0.1);

  console.log("the file: green's weight is 90, as blue's; SIGHUP");
  rewrite('weight: 10', 'weight: 90');
  await service.reload();
  await checkShare('after SIGHUP green has the share that the file gives it now: 50 %', 0.5);

  console.log("green's key is changed where it is mounted; SIGHUP");
  green.accepted.add('green-2');
  writeSecret('green-key', 'green-2');
  await service.reload();
  // Those that are under way have the old key still.
  await load.answered(CALLERS * 10);
  green.accepted.delete('green-1');
  const withOldKey = green.requestsWith('green-1');
  await load.answered(ENOUGH);
  checks.push([
    'from then on green is sent its new key, and blue never anything but its own',
    green.requestsWith('green-1') === withOldKey &&
      blue.requestsWith() === blue.requestsWith('blue-1'),
    `${green.requestsWith('green-2')} requests with the new key`,
  ]);

  console.log("the file: blue's weight is 'most of it'; SIGHUP\n");
  rewrite('weight: 90', 'weight: most of it');
  const { message, details } = await service.reload();
  console.log(`  ${message}: ${details.reason?.replace(file, 'spillway.yaml')}\n`);
  checks.push([
    'a wrong file is refused with its line',
    message === 'configuration refused' && details.line === 7,
    `line ${details.line}`,
  ]);
  await checkShare('and the old configuration goes on: 50 %', 0.5);
} finally {
  await load.stop();
  await service.stop();
  blue.close();
  green.close();
  rmSync(folder, { recursive: true });
}

const log = JSON.stringify(service.logged);
checks.push(
  ['no key stands in the log', !/(blue|green)-[12]/.test(log), `${service.logged.length} entries`],
  ['no request failed', load.seen.failed === 0, `${load.seen.failed} of ${load.seen.answered}`],
);
for (const [claim, passed, detail] of checks) {
  console.log(`${passed ? '✓' : '✗'} ${claim}\n  ${detail}`);
}
process.exitCode = checks.every(([, passed]) => passed) ? 0 : 1;
