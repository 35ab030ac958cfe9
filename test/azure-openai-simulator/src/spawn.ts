import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildMessage, ParentMessage } from './messages.ts';
import { checkSettings, type SimulatorSettings } from './options.ts';
import type { SimulatorStats } from './request-log.ts';

/** A function cannot travel to another process; a queue of refusals can. */
export interface SpawnOptions extends Partial<SimulatorSettings> {
  readonly port?: number;
}

/** A simulator in a process of its own, as `createSimulator` has it. */
export interface SimulatorProcess {
  readonly url: string;
  readonly pid: number;
  configure(settings: Partial<SimulatorSettings>): Promise<void>;
  stats(): Promise<SimulatorStats>;
  reset(): Promise<void>;
  /** Idempotent; resolves when the process has ended. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 2_000;

/** Resolves when it listens. It ends with `stop()`, and with this process, however that ends. */
export async function spawnSimulator(options: SpawnOptions = {}): Promise<SimulatorProcess> {
  const { port = 0, ...settings } = options;
  checkSettings(settings);
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), ['--managed'], {
    execArgv: [],
    // Numbers such as Infinity do not survive JSON.
    serialization: 'advanced',
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ask = asker(child);

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    const timeout = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timeout);
  }

  try {
    await ask({ ask: 'configure', settings });
    const url = (await ask({ ask: 'listen', port })) as string;
    return {
      url,
      pid: child.pid as number,
      configure: async (changes) => void (await ask({ ask: 'configure', settings: changes })),
      stats: async () => (await ask({ ask: 'stats' })) as SimulatorStats,
      reset: async () => void (await ask({ ask: 'reset' })),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Question = ParentMessage extends infer M
  ? M extends ParentMessage
    ? Omit<M, 'id'>
    : never
  : never;

/** Pairs questions with replies; a process that ends leaves none of them waiting. */
function asker(child: ChildProcess): (question: Question) => Promise<ChildMessage['value']> {
  const waiting = new Map<number, (reply: ChildMessage) => void>();
  let lastId = 0;
  let gone: string | undefined;
  const fail = (reason: string) => {
    gone ??= `simulator process ${reason}`;
    for (const [id, reply] of waiting) reply({ id, error: gone });
  };
  child.on('message', (reply: ChildMessage) => waiting.get(reply.id)?.(reply));
  child.once('exit', (code, signal) => fail(`ended (${signal ?? code})`));
  child.on('error', (error) => fail(error.message));

  return (question) =>
    new Promise((resolve, reject) => {
      if (gone) return reject(new Error(gone));
      lastId += 1;
      const id = lastId;
      waiting.set(id, ({ error, value }) => {
        waiting.delete(id);
        if (error === undefined) resolve(value);
        else reject(new Error(error));
      });
      child.send({ ...question, id }, (error) => error && fail(error.message));
    });
}
