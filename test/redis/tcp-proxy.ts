import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Stands between a service and Redis, and does what a network may do. */
export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Held back on the way to Redis, in milliseconds. */
  delayMs = 0;
  /** Where new connections lead. */
  targetPort: number;
  #isUp = true;

  constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.#server = createServer((client) => {
      if (!this.#isUp) {
        client.destroy();
        return;
      }
      const target = connect(this.targetPort, '127.0.0.1');
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        socket.setNoDelay(true);
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      client.on('data', (chunk) => this.#later(() => target.write(chunk)));
      target.on('data', (chunk) => client.write(chunk));
    });
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Every connection breaks, and none is made. */
  down(): void {
    this.#isUp = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  up(): void {
    this.#isUp = true;
  }

  stop(): void {
    this.down();
    this.#server.close();
  }

  #later(write: () => void): void {
    if (this.delayMs === 0) write();
    else setTimeout(write, this.delayMs);
  }
}

export async function startProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort);
  await proxy.start();
  onTestFinished(() => proxy.stop());
  return proxy;
}
