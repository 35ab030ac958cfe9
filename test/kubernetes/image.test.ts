import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');
const service = join(root, 'examples/kubernetes/service');

interface Instruction {
  readonly name: string;
  readonly argument: string;
}

/** The instructions of each stage. */
function stagesOf(dockerfile: string): Instruction[][] {
  const stages: Instruction[][] = [];
  for (const line of dockerfile.split('\n')) {
    const [, name, argument] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (name === undefined || argument === undefined) continue;
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, argument });
  }
  return stages;
}

const all = (stage: readonly Instruction[], name: string) =>
  stage.filter((each) => each.name === name).map(({ argument }) => argument);

/** Does what COPY does with files of the build's context that .dockerignore lets through. */
function copy(argument: string, context: string, into: string): void {
  const sources = argument.split(' ').slice(0, -1);
  for (const file of sources.flatMap((source) => globSync(source, { cwd: context }))) {
    cpSync(join(context, file), join(into, basename(file)));
  }
}

/** The folder that is sent to Docker: what .dockerignore names with an exclamation mark. */
function contextWith(tarballs: readonly string[], into: string): void {
  const [everything, ...exceptions] = readFileSync(join(service, '.dockerignore'), 'utf8')
    .trim()
    .split('\n');
  expect(everything).toBe('*');
  const patterns = exceptions.map((line) => line.replace(/^!/, ''));
  const files = globSync(patterns, { cwd: service });
  for (const file of files.filter((name) => !name.endsWith('.tgz'))) {
    cpSync(join(service, file), join(into, file));
  }
  for (const tarball of tarballs) cpSync(tarball, join(into, basename(tarball)));
  expect(globSync(patterns, { cwd: into }).sort()).toEqual(readdirSync(into).sort());
}

// There is no Docker where the tests run; the steps of its file can be taken without it.
it('builds an image that serves, and ends when it is told to', async () => {
  const work = mkdtempSync(join(tmpdir(), 'spillway-image-'));
  onTestFinished(() => rmSync(work, { recursive: true, force: true }));
  const [packed = '', context = '', first = '', second = ''] = ['tgz', 'context', '1', '2'].map(
    (name) => join(work, name),
  );
  for (const directory of [packed, context, first, second]) mkdirSync(directory);
  const workspaces = ['core', 'node-http', 'express'].flatMap((name) => ['-w', `packages/${name}`]);
  const pack = ['pack', ...workspaces, '--pack-destination', packed];
  execFileSync('npm', pack, { cwd: root, stdio: 'ignore' });
  const tarballs = readdirSync(packed).map((name) => join(packed, name));
  expect(tarballs).toHaveLength(3);
  contextWith(tarballs, context);

  const [dependencies = [], final = []] = stagesOf(
    readFileSync(join(service, 'Dockerfile'), 'utf8'),
  );
  for (const argument of all(dependencies, 'COPY')) copy(argument, context, first);
  for (const command of all(dependencies, 'RUN')) {
    execFileSync('sh', ['-c', command], { cwd: first, stdio: 'pipe' });
  }
  const manifestIn = (directory: string) => readFileSync(join(directory, 'package.json'), 'utf8');
  expect(manifestIn(join(first, 'node_modules/@spillway/express'))).toBe(
    manifestIn(join(root, 'packages/express')),
  );

  for (const argument of all(final, 'COPY')) {
    const [, from = '', to = ''] = /^--from=dependencies (\S+) (\S+)$/.exec(argument) ?? [];
    if (from === '') copy(argument, context, second);
    else cpSync(join(first, basename(from)), join(second, to), { recursive: true });
  }
  expect(readdirSync(second).sort()).toEqual(['node_modules', 'package.json', 'service.ts']);
  const [program, ...args] = JSON.parse(all(final, 'CMD')[0] ?? '') as string[];
  expect(program).toBe('node');
  const child = spawn(process.execPath, args, {
    cwd: second,
    env: { PATH: dirname(process.execPath), PORT: '0', READINESS_DELAY_MS: '0' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await expect.poll(() => output, { timeout: 15_000 }).toContain('listening on port');
  const [, port] = /listening on port (\d+)/.exec(output) ?? [];
  for (const path of ['/livez', '/readyz', '/metrics', '/reports/1']) {
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status, path).toBe(200);
  }
  child.kill('SIGTERM');
  expect(await closed).toEqual([0, null]);
});
