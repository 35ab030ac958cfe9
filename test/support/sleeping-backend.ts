import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

const CODE = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    const { port } = server.address();
    parentPort.postMessage(port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/**
 * The URL of a backend that does not accept connections. Its thread sleeps: the kernel accepts a few
 * connections for it, which are taken, then no more.
 */
export async function sleepingBackend(): Promise<string> {
  const worker = new Worker(CODE, { eval: true });
  onTestFinished(() => void worker.terminate());
  const [port] = await once(worker, 'message');
  const waiting = Array.from({ length: 6 }, () => connect(port, '127.0.0.1'));
  for (const socket of waiting) socket.on('error', () => {});
  onTestFinished(() => waiting.forEach((socket) => void socket.destroy()));
  await once(waiting[0] as Socket, 'connect');
  return `http://127.0.0.1:${port}`;
}
