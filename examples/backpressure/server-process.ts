import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type AppOptions, createApp } from './server.ts';

/** The server in a process of its own. */
export interface ServerProcess {
  readonly origin: string;
  /** Asks for a graceful shutdown; resolves with whether the process then ended by itself, in time. */
  stop(): Promise<boolean>;
}

const STOP_TIMEOUT_MS = 5_000;

export async function startServer(options: AppOptions): Promise<ServerProcess> {
  const child = fork(import.meta.filename);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  child.send(options);

  async function stop(): Promise<boolean> {
    child.kill('SIGTERM');
    const timeout = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const code = await exited;
    clearTimeout(timeout);
    return code === 0;
  }

  const listening = once(child, 'message').then(([origin]) => origin as string);
  const origin = await Promise.race([listening, exited.then(() => undefined)]);
  if (origin === undefined) throw new Error('the server ended before it listened');
  return { origin, stop };
}

async function serve(options: AppOptions): Promise<void> {
  const { app, spillway } = createApp(options);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shutdown = async () => {
    await spillway.shutdown({ server });
    // Nothing else is open now: the process ends by itself, or the table says that it did not.
    if (process.connected) process.disconnect();
  };
  process.once('SIGTERM', shutdown);
  // Whoever has started it is gone.
  process.once('disconnect', shutdown);
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

if (import.meta.filename === process.argv[1]) {
  process.once('message', (options: AppOptions) => void serve(options));
}
