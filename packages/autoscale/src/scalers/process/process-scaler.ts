import { EventEmitter } from 'node:events';
import {
  type Clock,
  ConfigurationError,
  type Logger,
  silentLogger,
  systemClock,
  tell,
  unfailing,
} from '@spillway/core';
import { AutoscaleError } from '../../errors.ts';
import { SharedFamilies } from '../../shared-families.ts';
import type { Scaler } from '../scaler.ts';
import { Instance } from './instance.ts';
import { Membership } from './membership.ts';
import { processFamilies } from './metrics.ts';
import {
  type InstancePool,
  type ProcessScalerConfig,
  type ProcessScalerOptions,
  readProcessScalerOptions,
} from './options.ts';
import type { InstanceStatus, InstanceUsage, ShowsInstances } from './status.ts';

/** What a process scaler tells its listeners, by event name. */
export interface ProcessScalerEvents {
  /** An instance is ready, and has joined the pool. */
  join: [{ instance: string; pid: number | undefined; port: number | undefined }];
  /** An instance has finished what it had, and is gone. */
  leave: [{ instance: string }];
  /** The process of an instance that serves has ended by itself. It has left the pool, and is replaced. */
  die: [
    {
      instance: string;
      pid: number | undefined;
      code: number | null;
      signal: NodeJS.Signals | null;
    },
  ];
  /** An instance did not become ready, or could not leave. */
  failure: [{ instance: string; error: unknown }];
}

/** Runs instances of a module on this machine. Made by {@link processScaler}. */
export class ProcessScaler<P extends InstancePool = InstancePool>
  extends EventEmitter<ProcessScalerEvents>
  implements Scaler, ShowsInstances
{
  readonly name: string;
  readonly #config: ProcessScalerConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #membership: Membership;
  readonly #onClose: () => void;
  /** Those too that leave. */
  readonly #instances = new Set<Instance>();
  #closed: Promise<void> | undefined;

  constructor(config: ProcessScalerConfig, onClose: () => void) {
    super();
    this.name = config.name;
    this.#config = config;
    this.#clock = config.clock ?? systemClock;
    this.#logger = unfailing(config.logger ?? silentLogger);
    this.#membership = new Membership(config);
    this.#onClose = onClose;
  }

  /**
   * The pool that the instances are backends of.
   * @throws AutoscaleError before the first instance is ready, where the pool is made of that
   */
  get pool(): P {
    return this.#membership.pool as P;
  }

  /** Instances that serve, start or are being replaced; none that leaves. */
  current(): number {
    return this.#staying().length;
  }

  /**
   * Starts instances, or ends the latest ones. Resolves when those that were started serve, and those
   * that were ended are gone.
   * @param signal ends those that are being started when it is aborted
   * @throws AutoscaleError when an instance did not become ready; it has been ended, the others stay
   */
  async scaleTo(count: number, signal: AbortSignal = new AbortController().signal): Promise<void> {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new ConfigurationError('scaleTo', 'must be given an integer of at least 0', count);
    }
    if (this.#closed !== undefined) {
      throw new AutoscaleError('closed', 'the scaler has been closed');
    }
    const staying = this.#staying();
    const changes: Promise<void>[] = [];
    for (let missing = count - staying.length; missing > 0; missing--) {
      changes.push(this.#start(signal));
    }
    const latestFirst = staying.sort((one, other) => other.number - one.number);
    // What does not serve yet goes first.
    const first = latestFirst.filter(({ state }) => state !== 'ready');
    const others = latestFirst.filter(({ state }) => state === 'ready');
    const tooMany = [...first, ...others].slice(0, Math.max(0, staying.length - count));
    for (const instance of tooMany) changes.push(this.#end(instance));
    // One that fails must not leave the others unattended.
    const results = await Promise.allSettled(changes);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * The processor time of each instance that serves. Rejects when it is not known of one of them.
   * Where there is no `/proc` instances are asked themselves, and answer once they have time for it.
   */
  usage(): Promise<InstanceUsage[]> {
    const serving = [...this.#instances].filter(({ state }) => state === 'ready');
    return Promise.all(
      serving.map(async (instance) => {
        const { pid } = instance;
        const { processorMs, atMs } = await instance.usage();
        return { instance: instance.id, pid, processorMs, atMs };
      }),
    );
  }

  /** A snapshot. */
  status(): { readonly name: string; readonly instances: readonly InstanceStatus[] } {
    return {
      name: this.name,
      instances: Array.from(this.#instances, ({ id, state, pid, port, restarts }) => ({
        id,
        state,
        ...(pid !== undefined && { pid }),
        ...(port !== undefined && { port }),
        restarts,
      })),
    };
  }

  /** Lets every instance finish what it has, and ends it. Later calls wait for the first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(Array.from(this.#instances, (instance) => this.#end(instance)));
    this.#onClose();
  }

  #staying(): Instance[] {
    return [...this.#instances].filter(({ state }) => state !== 'leaving');
  }

  async #start(signal: AbortSignal): Promise<void> {
    const instance = new Instance(this.#freeNumber(), this.#config, this.#clock, this.#membership, {
      joined: ({ id, pid, port }) => {
        this.#logger.info('instance has joined', { instance: id, pid, port });
        this.#tell('join', { instance: id, pid, port });
      },
      died: ({ id }, pid, { code, signal }) => {
        this.#logger.error('instance has died', { instance: id, pid, code, signal });
        this.#tell('die', { instance: id, pid, code, signal });
      },
      failed: (failed, error) => this.#failed(failed, error),
    });
    this.#instances.add(instance);
    try {
      await instance.start(signal);
    } catch (error) {
      // One that leaves is still to be waited for, by those who have ended it.
      if (instance.state !== 'leaving') {
        this.#instances.delete(instance);
        this.#failed(instance, error);
      }
      throw error;
    }
  }

  async #end(instance: Instance): Promise<void> {
    try {
      await instance.leave();
      this.#logger.info('instance has left', { instance: instance.id });
      this.#tell('leave', { instance: instance.id });
    } catch (error) {
      this.#failed(instance, error);
      throw error;
    } finally {
      this.#instances.delete(instance);
    }
  }

  #failed({ id }: Instance, error: unknown): void {
    this.#logger.error('instance has failed', { instance: id, error });
    this.#tell('failure', { instance: id, error });
  }

  /** The lowest, so that metrics do not get a new label for each instance that ever was. */
  #freeNumber(): number {
    const taken = new Set(Array.from(this.#instances, ({ number }) => number));
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  }

  #tell<E extends keyof ProcessScalerEvents>(name: E, event: ProcessScalerEvents[E][0]): void {
    tell(() => (this as EventEmitter).emit(name, event));
  }
}

const shown = new SharedFamilies<ProcessScaler>('processScaler', processFamilies);

/**
 * Runs instances of a module on this machine, each a process with a port of its own. One joins the
 * pool when its readiness probe says so, and leaves it by draining, so that no request is lost. One
 * that dies is replaced. `close()` ends all of them; when this process dies they end by themselves.
 * @throws ConfigurationError when an option is unknown or of the wrong type
 * @example
 * const scaler = processScaler({
 *   module: new URL('./service.js', import.meta.url),
 *   pool: (backends) => spillway.pool('service', { backends }),
 * });
 * await scaler.scaleTo(1);
 * app.use(spillway.proxy(scaler.pool));
 */
export function processScaler<P extends InstancePool>(
  options: ProcessScalerOptions<P>,
): ProcessScaler<P> {
  const config = readProcessScalerOptions(options);
  const peers = shown.claim(config.registry, config.name);
  const scaler = new ProcessScaler<P>(config, () => peers.delete(scaler));
  peers.add(scaler);
  return scaler;
}
