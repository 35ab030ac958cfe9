import type { Clock } from '@spillway/core';
import { AutoscaleError } from '../../errors.ts';
import { type Exit, InstanceProcess } from './instance-process.ts';
import type { Membership } from './membership.ts';
import type { ProcessScalerConfig } from './options.ts';
import { pause } from './pause.ts';
import type { ProcessorUsage } from './usage.ts';

/** `restarting`: its process has died, and is being replaced. `leaving`: it finishes what it has. */
export type InstanceState = 'starting' | 'ready' | 'restarting' | 'leaving';

/** What an instance tells its scaler. */
export interface InstanceEvents {
  joined(instance: Instance): void;
  died(instance: Instance, pid: number | undefined, exit: Exit): void;
  /** A replacement has not become ready; another one will be tried. */
  failed(instance: Instance, error: unknown): void;
}

/** After this long it is no longer taken for one that dies again and again. */
const HEALTHY_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;

/** One instance: a backend of the pool while it is ready, and a process that is replaced when it dies. */
export class Instance {
  readonly id: string;
  readonly number: number;
  /** Of its processes in all, how many have died. */
  restarts = 0;
  readonly #config: ProcessScalerConfig;
  readonly #clock: Clock;
  readonly #membership: Membership;
  readonly #events: InstanceEvents;
  readonly #stopping = new AbortController();
  #state: InstanceState = 'starting';
  #process: InstanceProcess | undefined;
  #gone: Promise<void> | undefined;

  constructor(
    number: number,
    config: ProcessScalerConfig,
    clock: Clock,
    membership: Membership,
    events: InstanceEvents,
  ) {
    this.id = `${config.name}-${number}`;
    this.number = number;
    this.#config = config;
    this.#clock = clock;
    this.#membership = membership;
    this.#events = events;
  }

  get state(): InstanceState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get port(): number | undefined {
    return this.#process?.port;
  }

  /** Resolves when it serves. Rejects when it does not come to that, and has been ended. */
  async start(signal: AbortSignal): Promise<void> {
    const process = await this.#launch(AbortSignal.any([signal, this.#stopping.signal]));
    void this.#replaceWhenDead(process);
  }

  usage(): Promise<ProcessorUsage> {
    if (this.#process === undefined) return Promise.reject(new Error('there is no process'));
    return this.#process.usage();
  }

  /** Takes it out of the pool when it has finished what it has, and ends it. Resolves when it is gone. */
  leave(): Promise<void> {
    this.#gone ??= this.#leave();
    return this.#gone;
  }

  async #leave(): Promise<void> {
    const served = this.#state === 'ready';
    this.#state = 'leaving';
    this.#stopping.abort(new AutoscaleError('not_ready', `${this.id} is to leave`));
    try {
      await this.#membership.leave(this.id, served);
    } finally {
      await this.#process?.stop();
    }
  }

  async #launch(signal: AbortSignal): Promise<InstanceProcess> {
    const port = await this.#membership.portFor(this.id);
    signal.throwIfAborted();
    const process = new InstanceProcess(this.#config, this.#clock, port);
    this.#process = process;
    try {
      await process.ready(signal);
      await this.#membership.join(this.id, port);
      signal.throwIfAborted();
    } catch (error) {
      process.kill();
      await process.ended;
      // It may have been told to leave in the very moment in which it joined.
      await this.#membership.leave(this.id, false);
      throw error;
    }
    this.#state = 'ready';
    this.#events.joined(this);
    return process;
  }

  async #replaceWhenDead(first: InstanceProcess): Promise<void> {
    const { signal } = this.#stopping;
    let process: InstanceProcess | undefined = first;
    /** Replacements in a row that died soon, or never became ready. */
    let inVain = 0;
    while (!signal.aborted) {
      if (process !== undefined) {
        const exit = await process.ended;
        if (signal.aborted) return;
        this.#state = 'restarting';
        this.restarts++;
        this.#events.died(this, process.pid, exit);
        if (this.#clock.now() - process.startedAt >= HEALTHY_MS) inVain = 0;
      }
      process = await this.#replace(inVain, signal);
      inVain++;
    }
  }

  /** `undefined` when it has not become ready. */
  async #replace(inVain: number, signal: AbortSignal): Promise<InstanceProcess | undefined> {
    try {
      await this.#membership.leave(this.id, false);
      // The first replacement comes at once.
      const pauseMs = inVain === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** (inVain - 1));
      if (pauseMs > 0) await pause(this.#clock, pauseMs, signal);
      return await this.#launch(signal);
    } catch (error) {
      if (!signal.aborted) this.#events.failed(this, error);
      return undefined;
    }
  }
}
