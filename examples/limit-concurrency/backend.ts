import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that reached the backend, in milliseconds of `performance.now()`. */
export interface Run {
  readonly job: number;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}

/** A backend that works for a while at each request, and counts them itself. */
export interface Backend {
  readonly url: string;
  readonly runs: readonly Run[];
  readonly running: number;
  readonly mostAtOnce: number;
  isRunning(job: number): boolean;
  close(): Promise<void>;
}

/** Once begun it works to the end, whether somebody still waits for the answer or not. */
export async function startBackend(jobMs: number): Promise<Backend> {
  const runs: (Run & { endedAt: number | undefined })[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    const job = Number(request.url?.split('/').at(-1));
    const run = { job, startedAt: performance.now(), endedAt: undefined as number | undefined };
    runs.push(run);
    mostAtOnce = Math.max(mostAtOnce, ++running);
    setTimeout(() => {
      running--;
      run.endedAt = performance.now();
      response.end(`job ${job} is done`);
    }, jobMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runs,
    get running() {
      return running;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    isRunning: (job) => runs.some((run) => run.job === job && run.endedAt === undefined),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
