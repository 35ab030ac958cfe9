import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LimitConcurrencyOptions, QueueOptions } from '@spillway/core';
import type { RedisCoordinatorOptions } from '@spillway/redis';
import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';

export interface InstanceOptions {
  readonly redis: RedisCoordinatorOptions;
  readonly backend: string;
  readonly limit?: Pick<LimitConcurrencyOptions, 'maxCount' | 'maxQueueLength'>;
  /** Instead of the gate: a pool in front of the backend. */
  readonly pool?: { readonly maxCount: number; readonly queue?: QueueOptions };
  /** A gate for each value of `x-key`. */
  readonly keyed?: boolean;
  /** @defaultValue true */
  readonly awaitReady?: boolean;
}

/** A backend that counts who works at it. */
export class WorkBackend {
  readonly #server: Server;
  readonly #running = new Map<string, number>();
  readonly served = new Map<string, number>();
  atOnce = 0;
  most = 0;
  #now = 0;
  /** How long each request takes. */
  workMs = 20;

  constructor() {
    this.#server = createServer(async (req, res) => {
      const [, pid = ''] = (req.url ?? '').split('/');
      this.#now++;
      this.atOnce = this.#now;
      this.most = Math.max(this.most, this.#now);
      this.#running.set(pid, this.runningOf(pid) + 1);
      const gone = once(res, 'close').then(() => {
        this.#now--;
        this.atOnce = this.#now;
        this.#running.set(pid, this.runningOf(pid) - 1);
      });
      await Promise.race([after(this.workMs), gone]);
      this.served.set(pid, (this.served.get(pid) ?? 0) + 1);
      res.end(pid);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get servedInAll(): number {
    return [...this.served.values()].reduce((sum, count) => sum + count, 0);
  }

  runningOf(pid: string | number): number {
    return this.#running.get(String(pid)) ?? 0;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export async function startWork(workMs: number): Promise<WorkBackend> {
  const backend = new WorkBackend();
  backend.workMs = workMs;
  await backend.start();
  onTestFinished(() => backend.stop());
  return backend;
}

/** An instance of the service, in a process of its own. */
export class Instance {
  readonly #child: ChildProcess;
  readonly origin: string;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.origin = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Ends it by its own `shutdown`. Gives its exit code. */
  async end(): Promise<number | null> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const [code] = await gone;
    return code;
  }

  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }
}

const FIXTURE = fileURLToPath(new URL('instance.fixture.ts', import.meta.url));

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const child = fork(FIXTURE, [JSON.stringify(options)], {
    execArgv: ['--conditions', '@spillway/source'],
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`an instance ended with ${code} before it was ready`);
  });
  const [port] = await Promise.race([once(child, 'message'), exit]);
  exit.catch(() => {});
  return new Instance(child, port as number);
}

/** Callers that send one request after another, until they are stopped. */
export class Callers {
  readonly statuses = new Map<number, number>();
  readonly #agent = new Agent({ connections: null });
  #stopped = false;
  readonly #loops: Promise<void>[] = [];
  /** The longest that any refused request has taken, in milliseconds. */
  slowestRefusalMs = 0;

  constructor() {
    onTestFinished(() => this.stop());
  }

  /** @param count callers of this instance */
  call(origin: string, count: number): void {
    for (let each = 0; each < count; each++) this.#loops.push(this.#callOn(origin));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#agent.destroy();
    await Promise.all(this.#loops);
  }

  async #callOn(origin: string): Promise<void> {
    while (!this.#stopped) {
      const startedAt = performance.now();
      try {
        const { statusCode, body } = await request(`${origin}/work`, { dispatcher: this.#agent });
        await body.dump();
        this.statuses.set(statusCode, (this.statuses.get(statusCode) ?? 0) + 1);
        if (statusCode === 200) continue;
        this.slowestRefusalMs = Math.max(this.slowestRefusalMs, performance.now() - startedAt);
        await after(10);
      } catch {
        // Its instance is gone.
        if (!this.#stopped) await after(50);
      }
    }
  }
}
