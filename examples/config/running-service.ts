import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Told } from './service-process.ts';

/** What its logger was told of the file. */
export interface Verdict {
  readonly message: string;
  readonly details: { readonly line?: number; readonly reason?: string };
}

/** Starts the service as a process of its own, which is told of a changed file by SIGHUP. */
export async function startService(file: string, secrets: string, env: NodeJS.ProcessEnv) {
  const child = fork(join(import.meta.dirname, 'service-process.ts'), [file, secrets], {
    env: { ...process.env, ...env },
  });
  const logged: Verdict[] = [];
  let heard = Promise.withResolvers<Verdict>();
  const listening = Promise.withResolvers<number>();
  child.on('message', (told: Told) => {
    if ('port' in told) {
      listening.resolve(told.port);
      return;
    }
    logged.push(told);
    heard.resolve(told);
  });
  child.once('exit', (code) => listening.reject(new Error(`the service has ended: ${code}`)));
  return {
    origin: `http://127.0.0.1:${await listening.promise}`,
    /** All that it has logged. */
    logged,
    /** Resolves with what became of the file. */
    async reload(): Promise<Verdict> {
      heard = Promise.withResolvers();
      child.kill('SIGHUP');
      return heard.promise;
    },
    async stop(): Promise<void> {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
