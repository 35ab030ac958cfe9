import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerMessage, ServerQuestion } from './servers/serve.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const startMs = 15_000;
const stopMs = 5_000;
const running = new Set<ChildProcess>();

/** Whatever ends this process ends what it started, each by its own id. */
process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
}

/** Notes a child process, so that it cannot outlive the harness. */
export function own<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** How to start a file: `before` is the command to start Node with, see `cores.ts`. */
export interface Start {
  readonly before?: readonly string[];
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
}

/** Forks a file; what it says on standard error is kept for the message when it fails. */
export function forkFile(file: URL, { before = [], args = [], execArgv = [] }: Start = {}) {
  const [execPath, ...nodeArgs] = [...before, process.execPath];
  const child = own(
    fork(fileURLToPath(file), args, {
      execPath,
      execArgv: [...nodeArgs, ...execArgv],
      env: { ...process.env, NODE_ENV: 'production', FORCE_COLOR: undefined },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }),
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-8_000);
  });
  return { child, said: () => said };
}

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** Where it answers what the backend answers at its root. */
  readonly mount: string;
  readonly headers: Record<string, string>;
  /** Processor time used since it started, in microseconds. */
  cpuMicros(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a file of `servers/` and waits until it listens; the error says why it does not. */
export async function startServer(file: URL, start: Start = {}): Promise<ServerProcess> {
  const { child, said } = forkFile(file, start);
  const why = () => explain(said());
  const ready = await answer(child, 'ready', startMs, why).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url: `http://127.0.0.1:${ready.port}`,
    mount: ready.mount ?? '/api',
    headers: ready.headers ?? {},
    async cpuMicros() {
      const question: ServerQuestion = { kind: 'cpu' };
      const reply = answer(child, 'cpu', startMs, why);
      child.send(question);
      return (await reply).micros;
    },
    stop: () => stop(child),
  };
}

/** Ends everything that is still running, and waits until it is gone. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}

/** Asks a child to end by hanging up, which lets it write its profile; then insists. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(timer);
}

type MessageOf<K> = Extract<ServerMessage, { kind: K }>;

function answer<K extends ServerMessage['kind']>(
  child: ChildProcess,
  kind: K,
  timeoutMs: number,
  why: () => string,
): Promise<MessageOf<K>> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('close', onClose);
    };
    const fail = (message: string) => {
      settle();
      reject(new Error(why() || message));
    };
    const onMessage = (message: unknown) => {
      if ((message as ServerMessage).kind !== kind) return;
      settle();
      resolve(message as MessageOf<K>);
    };
    const onClose = (code: number | null, signal: string | null) =>
      fail(`The process ended (${signal ?? `code ${code}`}).`);
    const timer = setTimeout(() => fail(`No answer in ${timeoutMs} ms.`), timeoutMs);
    child.on('message', onMessage);
    child.on('close', onClose);
  });
}

/** The line of a stack trace that says what went wrong, without the place of this checkout. */
export function explain(said: string): string {
  const lines = said.replaceAll('file://', '').replaceAll(checkout, '').split('\n');
  return (lines.find((line) => /^\w*Error\b.*: /.test(line)) ?? lines.find(Boolean) ?? '').trim();
}
