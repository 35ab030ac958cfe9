/**
 * Checks what users install: packs every package, lints the tarballs (publint, are the types
 * wrong?), installs them into a small project beside each framework that is supported, type-checks
 * that project and runs it, by `import` and by `require()`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'node_modules/.bin');
const work = mkdtempSync(join(tmpdir(), 'spillway-packages-'));

function run(cwd: string, command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
}

/** What users install together, and the project that tries it. */
interface Consumer {
  /** In `consumer/`. */
  readonly project: 'express' | 'koa' | 'http-proxy-middleware' | 'config';
  readonly framework: 'express' | 'koa';
  readonly version: string;
  /** Beside `core` and `node-http`. */
  readonly packages: readonly string[];
  readonly others?: Readonly<Record<string, string>>;
}

const CONSUMERS: readonly Consumer[] = [
  {
    project: 'express',
    framework: 'express',
    version: '4',
    packages: ['express', 'autoscale', 'dashboard'],
  },
  {
    project: 'express',
    framework: 'express',
    version: '5',
    packages: ['express', 'autoscale', 'dashboard'],
  },
  { project: 'koa', framework: 'koa', version: '2', packages: ['koa', 'autoscale', 'dashboard'] },
  { project: 'koa', framework: 'koa', version: '3', packages: ['koa', 'autoscale', 'dashboard'] },
  {
    project: 'http-proxy-middleware',
    framework: 'express',
    version: '5',
    packages: ['express', 'http-proxy-middleware'],
    others: { 'http-proxy-middleware': '^4.2.0' },
  },
  { project: 'config', framework: 'express', version: '5', packages: ['express', 'config'] },
];

/** The types of the newest version serve the older one, too. */
const TYPES = { express: '^5.0.6', koa: '^3.0.3' } as const;

function pack(directory: string): { name: string; tarball: string } {
  const printed = run(directory, 'npm', 'pack', '--json', '--pack-destination', work);
  const [packed] = Object.values(JSON.parse(printed)) as { name: string; filename: string }[];
  if (packed === undefined) throw new Error(`npm packed nothing in ${directory}`);
  return { name: packed.name, tarball: join(work, packed.filename) };
}

function tryWith(
  { project, framework, version, packages, others }: Consumer,
  tarballs: Readonly<Record<string, string>>,
): void {
  const consumer = join(work, `${project}-${framework}-${version}`);
  cpSync(join(import.meta.dirname, 'consumer', project), consumer, { recursive: true });
  const needed = ['core', 'node-http', ...packages].map((name) => `@spillway/${name}`);
  const manifest = {
    private: true,
    type: 'module',
    dependencies: {
      ...Object.fromEntries(needed.map((name) => [name, tarballs[name]])),
      ...others,
      [framework]: version,
      'prom-client': '^15.1.3',
    },
    devDependencies: { [`@types/${framework}`]: TYPES[framework], '@types/node': '^24.0.0' },
  };
  writeFileSync(join(consumer, 'package.json'), JSON.stringify(manifest));
  run(consumer, 'npm', 'install', '--no-audit', '--no-fund', '--no-package-lock');
  run(consumer, join(bin, 'tsc'), '-p', '.');
  console.log(run(consumer, process.execPath, 'imports.ts').trim());
  console.log(run(consumer, process.execPath, 'requires.cjs').trim());
}

try {
  const tarballs: Record<string, string> = {};
  const packages = join(root, 'packages');
  for (const directory of readdirSync(packages)) {
    const { name, tarball } = pack(join(packages, directory));
    tarballs[name] = `file:${tarball}`;
    run(work, join(bin, 'publint'), 'run', tarball, '--strict');
    run(work, join(bin, 'attw'), tarball, '--profile', 'esm-only');
    const { version } = JSON.parse(readFileSync(join(packages, directory, 'package.json'), 'utf8'));
    console.log(`${name}@${version}: publint and attw find nothing`);
  }
  for (const consumer of CONSUMERS) tryWith(consumer, tarballs);
} finally {
  rmSync(work, { recursive: true, force: true });
}
