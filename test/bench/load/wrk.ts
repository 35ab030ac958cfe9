import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { own } from '../processes.ts';
import { type LoadGenerator, type LoadResult, sessions, type Target } from './target.ts';

const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** wrk, started anew for each window: that takes it a few milliseconds. */
export function wrkLoad(wrk: string, before: readonly string[]): LoadGenerator {
  return { name: 'wrk', run: (target, seconds) => runWrk([...before, wrk], target, seconds) };
}

function runWrk(
  [command, ...before]: readonly string[],
  target: Target,
  seconds: number,
): Promise<LoadResult> {
  const options = ['-t1', `-c${target.connections}`, `-d${seconds}s`, '-s', script];
  for (const [name, value] of Object.entries(target.headers)) {
    options.push('-H', `${name}: ${value}`);
  }
  const scriptArgs = [target.method, String(sessions), target.body ?? ''];
  const args = [...before, ...options, target.url, '--', ...scriptArgs];
  return new Promise((resolve, reject) => {
    own(
      execFile(command as string, args, (error, stdout, stderr) => {
        if (error) reject(new Error(`wrk failed: ${stderr || error.message}`));
        else resolve(JSON.parse(stdout.slice(stdout.lastIndexOf('\n{'))) as LoadResult);
      }),
    );
  });
}
