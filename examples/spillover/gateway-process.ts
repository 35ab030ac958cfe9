import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mountControlRoom } from './control-room.ts';
import { createGateway, type GatewayOptions } from './gateway.ts';

/** The gateway in a process of its own. */
export interface GatewayProcess {
  readonly url: string;
  /** Where its control room is visited; whoever has this may steer. */
  readonly controlRoom: string;
  readonly child: ChildProcess;
  /** Asks for a graceful shutdown; resolves with whether the process then ended by itself, in time. */
  stop(): Promise<boolean>;
}

/** What the gateway says once it listens. */
type Listening = Pick<GatewayProcess, 'url' | 'controlRoom'>;

const STOP_TIMEOUT_MS = 5_000;

export async function startGateway(options: GatewayOptions): Promise<GatewayProcess> {
  const child = fork(import.meta.filename, { execArgv: [] });
  const exited = once(child, 'exit');
  child.send(options);

  async function stop(): Promise<boolean> {
    child.kill('SIGTERM');
    const timeout = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    const [code] = await exited;
    clearTimeout(timeout);
    return code === 0;
  }

  const ready = once(child, 'message').then(([listening]) => listening as Listening);
  const listening = await Promise.race([ready, exited.then(() => undefined)]);
  if (listening === undefined) throw new Error(`the gateway ended before it listened`);
  return { ...listening, child, stop };
}

async function serve(options: GatewayOptions): Promise<void> {
  const { app, spillway } = createGateway(options);
  const controlRoom = mountControlRoom(app, spillway);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shutdown = async () => {
    await spillway.shutdown({ server });
    // Nothing else is open now: the process ends by itself, or the demo says that it did not.
    if (process.connected) process.disconnect();
  };
  process.once('SIGTERM', shutdown);
  process.once('disconnect', shutdown);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.send?.({ url, controlRoom: `${url}${controlRoom}` } satisfies Listening);
}

if (import.meta.filename === process.argv[1])
  process.once('message', (options: GatewayOptions) => void serve(options));
