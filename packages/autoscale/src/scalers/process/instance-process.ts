import { type ChildProcess, fork } from 'node:child_process';
import { get } from 'node:http';
import { extname } from 'node:path';
import type { Clock } from '@spillway/core';
import { AutoscaleError } from '../../errors.ts';
import type { ProcessScalerConfig } from './options.ts';
import { pause } from './pause.ts';
import { processorTimeMs } from './processor-time.ts';
import { isUsageAnswer, type ProcessorUsage, USAGE_QUESTION, type UsageAnswer } from './usage.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not even be started. */
  readonly error?: Error;
}

/** How long one question of the readiness probe may take. */
const PROBE_TIMEOUT_MS = 1_000;

/** One process of an instance, from its start to its end. */
export class InstanceProcess {
  readonly port: number;
  readonly startedAt: number;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<Exit>;
  readonly #config: ProcessScalerConfig;
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  /** That which is not answered yet: whoever asks meanwhile gets the same answer. */
  #question: PromiseWithResolvers<UsageAnswer> | undefined;
  #hasEnded = false;

  constructor(config: ProcessScalerConfig, clock: Clock, port: number) {
    const { module, args, execArgv, env, output, stopTimeoutMs } = config;
    this.port = port;
    this.#config = config;
    this.#clock = clock;
    this.startedAt = clock.now();
    this.#child = fork(module, [...args], {
      execArgv: [...execArgv, '--import', agentUrl(stopTimeoutMs)],
      env: { ...process.env, ...env, PORT: String(port) },
      stdio: ['ignore', output, output, 'ipc'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
      // It could not be started: there is no 'exit' then.
      this.#child.on('error', (error) => {
        if (this.#child.pid === undefined) resolve({ code: null, signal: null, error });
      });
    });
    this.#child.on('message', (message) => {
      if (isUsageAnswer(message)) this.#answered()?.resolve(message);
    });
    void this.ended.then(() => {
      this.#hasEnded = true;
      this.#answered()?.reject(new Error('the process has ended'));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when its readiness probe says so. */
  async ready(signal: AbortSignal): Promise<void> {
    const { readinessPath, readyTimeoutMs, probeMs } = this.#config;
    const url = new URL(readinessPath, `http://127.0.0.1:${this.port}`);
    for (;;) {
      const answered = await isReady(url, signal);
      signal.throwIfAborted();
      // Whoever answers then is somebody else.
      if (this.#hasEnded) {
        const { code, signal: by, error } = await this.ended;
        const how = by === null ? `code ${code}` : by;
        throw new AutoscaleError('not_ready', `it ended before it was ready: ${how}`, error);
      }
      if (answered) return;
      if (this.#clock.now() - this.startedAt >= readyTimeoutMs) {
        const message = `GET ${url.pathname} did not answer 200 within ${readyTimeoutMs} ms`;
        throw new AutoscaleError('not_ready', message);
      }
      await pause(this.#clock, probeMs, signal);
    }
  }

  /** How much processor time it has used. */
  async usage(): Promise<ProcessorUsage> {
    const { pid } = this.#child;
    const processorMs = pid === undefined ? undefined : await processorTimeMs(pid);
    if (processorMs !== undefined) return { processorMs, atMs: performance.now() };
    return this.#ask();
  }

  /** Asks it to end, and makes it end when it has not after a while. Resolves when it has. */
  async stop(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGTERM');
    const timer = this.#clock.setTimer(() => this.kill(), this.#config.stopTimeoutMs);
    await this.ended;
    timer.cancel();
  }

  /** Ends it at once. */
  kill(): void {
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
  }

  /** Where the system does not say, it has to say itself: once it has time for it. */
  #ask(): Promise<UsageAnswer> {
    if (!this.#child.connected) return Promise.reject(new Error('the process has no channel'));
    if (this.#question === undefined) {
      this.#question = Promise.withResolvers<UsageAnswer>();
      this.#child.send(USAGE_QUESTION, (error) => {
        if (error) this.#answered()?.reject(error);
      });
    }
    return this.#question.promise;
  }

  #answered(): PromiseWithResolvers<UsageAnswer> | undefined {
    const question = this.#question;
    this.#question = undefined;
    return question;
  }
}

/** It knows its parent by the address that it is loaded from, and by nothing that others inherit. */
function agentUrl(stopTimeoutMs: number): string {
  const url = new URL(`./agent${extname(import.meta.filename)}`, import.meta.url);
  url.searchParams.set('parent', String(process.pid));
  url.searchParams.set('stopTimeoutMs', String(stopTimeoutMs));
  return url.href;
}

/** Over a connection of its own, so that none is left open. */
function isReady(url: URL, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      url,
      { agent: false, signal, timeout: PROBE_TIMEOUT_MS },
      ({ statusCode = 0 }) => {
        resolve(statusCode >= 200 && statusCode < 400);
        request.destroy();
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
