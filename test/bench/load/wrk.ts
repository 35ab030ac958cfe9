import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Program } from '../../support/programs.ts';
import { own } from '../processes.ts';
import type { LoadGenerator, LoadResult, Target } from './target.ts';

const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** wrk, started anew for each window: that takes it a few milliseconds. */
export function wrkLoad({ file, env }: Program, before: readonly string[]): LoadGenerator {
  return {
    name: 'wrk',
    run: (target, seconds) => runWrk([...before, file], env, target, seconds),
  };
}

function runWrk(
  [command, ...before]: readonly string[],
  env: NodeJS.ProcessEnv,
  target: Target,
  seconds: number,
): Promise<LoadResult> {
  const options = ['-t1', `-c${target.connections}`, `-d${seconds}s`, '-s', script];
  // Its own 2 s are a failed request on a machine that is busy with something else.
  options.push('--timeout', '10s');
  for (const [name, value] of Object.entries(target.headers)) {
    options.push('-H', `${name}: ${value}`);
  }
  const { method, sessions, body = '' } = target;
  // A command line has no room for a large body: that is made where it is sent.
  const contents = typeof body === 'string' ? ['text', body] : ['bytes', String(body.bytes)];
  const scriptArgs = [method, String(sessions), ...contents];
  const args = [...before, ...options, target.url, '--', ...scriptArgs];
  return new Promise((resolve, reject) => {
    own(
      execFile(command as string, args, { env }, (error, stdout, stderr) => {
        if (error) reject(new Error(`wrk failed: ${stderr || error.message}`));
        else resolve(JSON.parse(stdout.slice(stdout.lastIndexOf('\n{'))) as LoadResult);
      }),
    );
  });
}
