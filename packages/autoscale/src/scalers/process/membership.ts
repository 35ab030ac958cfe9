import type { BackendOptions } from '@spillway/core';
import { AutoscaleError } from '../../errors.ts';
import { freePort } from './free-port.ts';
import type { InstancePool, ProcessScalerConfig } from './options.ts';

/**
 * Which instances are backends of the pool. A pool is never without any: the last one stays in it
 * although it has ended, and whoever takes its id takes its port, too.
 */
export class Membership {
  readonly #config: ProcessScalerConfig;
  #pool: InstancePool | undefined;
  /** By id, of all that there ever were: those that start may not listen yet. */
  readonly #claimed = new Map<string, number>();
  /** By id, of those that are backends of the pool. */
  readonly #ports = new Map<string, number>();
  /** The last one, which could not leave. */
  #stuck: string | undefined;
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(config: ProcessScalerConfig) {
    this.#config = config;
    if (typeof config.pool !== 'function') this.#pool = config.pool;
  }

  get pool(): InstancePool {
    if (this.#pool !== undefined) return this.#pool;
    throw new AutoscaleError('not_ready', 'there is no pool before the first instance is ready');
  }

  /** The port that an instance of this id is to listen on. */
  async portFor(id: string): Promise<number> {
    const isClaimed = (port: number) => [...this.#claimed.values()].includes(port);
    const port = this.#ports.get(id) ?? (await freePort(isClaimed));
    this.#claimed.set(id, port);
    return port;
  }

  async join(id: string, port: number): Promise<void> {
    await this.#leaving.get(id);
    if (this.#ports.has(id)) {
      // It was the last one, and never left.
      if (this.#stuck === id) this.#stuck = undefined;
      return;
    }
    const backend = {
      ...this.#config.backend,
      id,
      url: `http://127.0.0.1:${port}`,
    } satisfies BackendOptions;
    if (this.#pool === undefined && typeof this.#config.pool === 'function') {
      this.#pool = this.#config.pool([backend]);
    } else {
      this.pool.add(backend);
    }
    this.#ports.set(id, port);
    const stuck = this.#stuck;
    this.#stuck = undefined;
    if (stuck !== undefined) await this.leave(stuck, false);
  }

  /** @param drain whether to let it finish what it has */
  async leave(id: string, drain: boolean): Promise<void> {
    if (!this.#ports.has(id)) return;
    const { drainTimeoutMs: timeoutMs } = this.#config;
    const leaving = this.pool.remove(id, drain ? { drain, timeoutMs } : {}).then(
      () => void this.#ports.delete(id),
      (error: unknown) => {
        const stays = this.pool.status().backends.some((backend) => backend.id === id);
        // The last one stays. One that is not there any more was removed by somebody else.
        if (!stays) this.#ports.delete(id);
        else if (this.#isLast(id)) this.#stuck = id;
        else throw error;
      },
    );
    const settled = leaving.catch(() => {}).finally(() => this.#leaving.delete(id));
    this.#leaving.set(id, settled);
    await leaving;
  }

  #isLast(id: string): boolean {
    const { backends } = this.pool.status();
    return backends.every((backend) => backend.id === id || backend.draining);
  }
}
