import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished, type TestContext } from 'vitest';

/** What became of a program. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has printed so far. */
  output(): string;
  readonly ended: Promise<Ended>;
}

/** Starts the `demo.ts` of that folder as users do. */
export function startDemo(
  folder: string,
  flags: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Started {
  return startProgram(join(folder, 'demo.ts'), flags, env);
}

/**
 * Starts a program, on the sources; it ends with the test at the latest.
 *
 * @param context of a test that runs concurrently: which one that is, vitest does not know by itself
 */
export function startProgram(
  file: string,
  flags: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
  context: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): Started {
  const args = ['--conditions=@spillway/source', file, ...flags];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  context.onTestFinished(() => void child.kill('SIGKILL'));
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString();
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    output: text(output),
    errors: text(errors),
  }));
  return { child, output: () => text(output), ended };
}

/** {@link startDemo} to its end. */
export function runDemo(folder: string, ...flags: string[]): Promise<Ended> {
  return startDemo(folder, flags).ended;
}
