import { join } from 'node:path';
import type { BackendAnswers, BackendInput } from '../backend.ts';
import { Questioned } from '../questions.ts';
import type { Place } from '../service/policies.ts';

const file = new URL('../backend.ts', import.meta.url);
/** Longer than any answer takes, so that none is cut off. */
const LEAVE_MS = 20_000;

/** One backend: a place where a process listens, or the next one, or none for a while. */
export class FleetBackend implements Place {
  readonly id: string;
  readonly url: string;
  readonly #input: Omit<BackendInput, 'generation'>;
  #process: Questioned<BackendAnswers> | undefined;
  #generation = -1;

  constructor(input: Omit<BackendInput, 'generation'>) {
    this.#input = input;
    this.id = input.id;
    this.url = `http://127.0.0.1:${input.port}`;
  }

  get ledger(): string {
    return this.#input.ledger;
  }

  /** As its answers name it. */
  get servedBy(): string {
    return `${this.id}.${this.#generation}`;
  }

  async start(): Promise<void> {
    this.#generation += 1;
    this.#process = await Questioned.start(file, {
      ...this.#input,
      generation: this.#generation,
    } satisfies BackendInput);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  stop(): void {
    this.#process?.process.kill('SIGSTOP');
  }

  continue(): void {
    this.#process?.process.kill('SIGCONT');
  }

  /** Lets it answer what it has, and end. */
  async leave(): Promise<void> {
    const leaving = this.#process?.ask('leave', undefined).catch(() => {});
    const timer = setTimeout(() => void this.kill(), LEAVE_MS);
    await leaving;
    clearTimeout(timer);
    await this.kill();
  }

  /** Requests that it has not answered. */
  async running(): Promise<number> {
    return (await this.#process?.ask('running', undefined)) ?? 0;
  }
}

/** Backends of the pools, and the one that is given copies alone. */
export interface Fleet {
  readonly five: readonly FleetBackend[];
  readonly candidate: FleetBackend;
  readonly all: readonly FleetBackend[];
}

export async function startFleet(folder: string, ports: readonly number[]): Promise<Fleet> {
  const all = ports.map((port, index) => {
    const id = index === ports.length - 1 ? 'candidate' : `b${index + 1}`;
    const turn = { of: ports.length - 1, rest: index };
    return new FleetBackend({ id, turn, port, ledger: join(folder, `${id}.ledger`) });
  });
  await Promise.all(all.map((backend) => backend.start()));
  return { five: all.slice(0, -1), candidate: all.at(-1) as FleetBackend, all };
}
