import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, type TestContext } from 'vitest';
import { type Ended, startProgram } from '../support/demo.ts';
import { childrenOf, isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { SABOTAGES, type Sabotage } from './service/sabotage.ts';

const program = join(import.meta.dirname, 'run.ts');
const SEED = 2_026;
/** So many that each strike meets with requests, and no more than a busy machine has room for. */
const RATE = 250;
/** Load, six backends, the service. */
const PROCESSES = 8;
const TIMEOUT_MS = 300_000;

interface Soaked {
  readonly code: number | null;
  readonly output: string;
  /** The claims that did not hold, with their details. */
  readonly failed: readonly string[];
  readonly files: readonly string[];
  readonly errors: string;
}

function newFolder({ onTestFinished }: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'soak-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs a soak as users do, to its end. */
async function soak(context: TestContext, ...flags: string[]): Promise<Soaked> {
  const report = newFolder(context);
  const load = ['--seed', SEED, '--rate', RATE, '--callers', 32].map(String);
  const all = [...load, '--report', report, ...flags];
  const { code, output, errors } = await startProgram(program, all, process.env, context).ended;
  const files = readdirSync(report).sort();
  const { checks } = files.includes('soak.json')
    ? JSON.parse(readFileSync(join(report, 'soak.json'), 'utf8'))
    : { checks: [] };
  const failed = (checks as { claim: string; passed: boolean; detail: string }[])
    .filter(({ passed }) => !passed)
    .map(({ claim, detail }) => `${claim}: ${detail}`);
  return { code, output: stripVTControlCharacters(output), failed, files, errors };
}

// Together, for each waits for most of its time.
it.concurrent.for<[framework: string, flags: string[]]>([
  ['express', ['--requests', String(12 * RATE)]],
  ['koa', ['--duration', '15', '--framework', 'koa']],
])(
  'a short soak finds nothing wrong with a service on %s',
  { timeout: TIMEOUT_MS },
  async ([framework, flags], context) => {
    const { code, output, failed, files, errors } = await soak(context, ...flags);
    expect({ failed, errors, code }).toEqual({ failed: [], errors: '', code: 0 });
    expect(files).toEqual(['images', 'soak.html', 'soak.json', 'soak.md']);
    expect(output).toContain(`through ${framework}`);
    expect(output).toContain(`--seed ${SEED}`);
    expect(output).toContain('Heap after garbage collection, MiB');
    expect(output).toContain('✓ no POST was served twice');
  },
);

it.concurrent(
  'a soak fails because of whatever is broken in the service, and says so of each',
  async (context) => {
    const noticed: Record<Sabotage, RegExp> = {
      permit: /^nothing runs or waits.*: gate limited: 1/,
      slots: /^every gate has all of its slots.*: keyed had 3 at once, of 2/,
      heap: /^the heap does not grow with requests: \d/,
      timer: /^no sockets, timers or other handles are left: 1 × Timeout/,
      warning: /^nothing was left unhandled.*: Warning: more listeners/,
      body: /^every request that is promised success.*: [1-9]\d* of \d+ failed.*wrong_bytes/,
      twice: /^no POST was served twice: requests \d/,
    };
    const { code, failed } = await soak(
      context,
      ...['--requests', '1500', '--sabotage', SABOTAGES.join(',')],
    );
    for (const claim of Object.values(noticed)) {
      expect(failed).toContainEqual(expect.stringMatching(claim));
    }
    expect(code).toBe(1);
  },
  TIMEOUT_MS,
);

it('a soak says what is wrong with its options, and how it is used', async (context) => {
  const wrong = await soak(context, '--duration', '1');
  expect(wrong).toMatchObject({ code: 2, errors: '--duration must be at least 5 s, got 1\n' });
  const help = await soak(context, '--help');
  expect(help.code).toBe(0);
  expect(help.output).toContain('--sabotage');
});

/** A soak under load, the processes that it has started, and the folder of its temporary files. */
async function startSoak(context: TestContext) {
  const TMPDIR = newFolder(context);
  const flags = ['--duration', '3600', '--rate', '50'];
  const env = { ...process.env, TMPDIR };
  const { child, output, ended } = startProgram(program, flags, env, context);
  let over: Ended | undefined;
  ended.then((end) => {
    over = end;
  });
  const isUnderLoad = () => output().includes('requests,');
  await until(() => expect(isUnderLoad() || over !== undefined).toBe(true), TIMEOUT_MS / 2);
  expect(over).toBeUndefined();
  const own = childrenOf(child.pid as number);
  expect(own.length).toBeGreaterThanOrEqual(PROCESSES - 1);
  return { child, ended, own, TMPDIR };
}

it(
  'a soak ends what it has started when it is interrupted',
  async (context) => {
    const { child, ended, own, TMPDIR } = await startSoak(context);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(143);
    await until(() => expect(own.filter(isAlive)).toEqual([]));
    expect(readdirSync(TMPDIR)).toEqual([]);
  },
  TIMEOUT_MS,
);

it.concurrent.for(['service/service.ts', 'load/load.ts'])(
  'a soak that loses its %s says so, and ends what it has started',
  { timeout: TIMEOUT_MS },
  async (file, context) => {
    const { ended, own, TMPDIR } = await startSoak(context);
    const lost = own.find((pid) => commandOf(pid).includes(file)) as number;
    process.kill(lost, 'SIGKILL');
    expect(await ended).toMatchObject({ code: 2, errors: 'the process ended (SIGKILL)\n' });
    expect(own.filter(isAlive)).toEqual([]);
    expect(readdirSync(TMPDIR)).toEqual([]);
  },
);

/** Empty of a process that has ended, as those that are struck do. */
function commandOf(pid: number): string {
  return spawnSync('ps', ['-o', 'args=', '-p', String(pid)]).stdout.toString();
}
