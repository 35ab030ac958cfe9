import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { explain, forkFile } from '../bench/processes.ts';

interface Question {
  readonly number: number;
  readonly name: string;
  readonly input: unknown;
}

interface Reply {
  readonly number: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Notice {
  readonly notice: string;
  readonly content: unknown;
}

/** What a process answers, by the name of the question. */
// biome-ignore lint/suspicious/noExplicitAny: each has an input of its own
export type Answers = Record<string, (input: any) => unknown>;

type Input<A extends Answers, N extends keyof A> = Parameters<A[N]>[0];
type Result<A extends Answers, N extends keyof A> = Awaited<ReturnType<A[N]>>;

/** Makes this process answer its parent's questions; what an answer throws is told to the parent. */
export function answerQuestions<A extends Answers>(answers: A): A {
  process.on('message', async ({ number, name, input }: Question) => {
    const reply = await Promise.resolve()
      .then(() => answers[name]?.(input))
      .then(
        (result): Reply => ({ number, result }),
        (error: Error): Reply => ({ number, error: error.message }),
      );
    if (process.connected) process.send?.(reply);
  });
  tell('ready', undefined);
  return answers;
}

/** Tells the parent something that it has not asked for. */
export function tell(notice: string, content: unknown): void {
  if (process.connected) process.send?.({ notice, content } satisfies Notice);
}

/** How a process came to its end. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it wrote on standard error. */
  readonly said: string;
}

/** Another process of this harness, which answers questions. */
export class Questioned<A extends Answers> {
  readonly process: ChildProcess;
  readonly end: Promise<End>;
  readonly #said: () => string;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #number = 0;

  /** @param onNotice told what the process says of itself */
  constructor(
    file: URL,
    input: unknown,
    execArgv: readonly string[] = [],
    onNotice: (notice: string, content: unknown) => void = () => {},
  ) {
    const { child, said } = forkFile(file, {
      args: [JSON.stringify(input)],
      execArgv: [...process.execArgv, ...execArgv],
    });
    this.process = child;
    this.#said = said;
    child.on('message', (message: Reply | Notice) => {
      if ('notice' in message) onNotice(message.notice, message.content);
      else this.#settle(message);
    });
    // Not `close`, which does not come of a process that one has hung up on.
    this.end = once(child, 'exit').then(([code, signal]) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(this.#why(code, signal)));
      this.#waiting.clear();
      return { code, signal, said: this.#said() };
    });
  }

  /** Starts it, and waits until it can be asked. */
  static async start<A extends Answers>(
    file: URL,
    input: unknown,
    execArgv: readonly string[] = [],
    onNotice: (notice: string, content: unknown) => void = () => {},
  ): Promise<Questioned<A>> {
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    const started = new Questioned<A>(file, input, execArgv, (notice, content) => {
      if (notice === 'ready') resolve();
      else onNotice(notice, content);
    });
    started.end.then(({ said }) => reject(new Error(explain(said) || `${file} ended at once`)));
    await ready;
    return started;
  }

  ask<N extends keyof A & string>(name: N, input: Input<A, N>): Promise<Result<A, N>> {
    const number = this.#number++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(number, waiting);
    this.process.send({ number, name, input } satisfies Question, (error) => {
      if (error !== null) this.#settle({ number, error: error.message });
    });
    return waiting.promise as Promise<Result<A, N>>;
  }

  /** Resolves as the work does; rejects when this process ends before. */
  during<T>(work: Promise<T>): Promise<T> {
    const ended = this.end.then(({ code, signal }) => {
      throw new Error(this.#why(code, signal));
    });
    return Promise.race([work, ended]);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.end;
  }

  #settle({ number, result, error }: Reply): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  }

  #why(code: number | null, signal: string | null): string {
    return explain(this.#said()) || `the process ended (${signal ?? `code ${code}`})`;
  }
}
