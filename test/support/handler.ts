import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** One call of a route's handler, alike in all frameworks. */
export interface HandlerCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What a parser has made of the body. */
  readonly body: unknown;
  /** `req.spillway.signal`, or `ctx.state.spillway.signal`. */
  readonly signal: AbortSignal;
  /** Answers as the framework's users do. */
  answer(status: number, text: string, headers?: Readonly<Record<string, string>>): void;
  stream(body: Readable): void;
}

/** In Koa the work is over when what it returns settles, in Express when the response is ended. */
export type Handler = (call: HandlerCall) => void | Promise<void>;

/** One request at work in a {@link workshop}. */
export interface Job {
  readonly call: HandlerCall;
  /** Ends the work with an answer. */
  finish(status?: number, text?: string, headers?: Readonly<Record<string, string>>): void;
  /** Ends the work without an answer: there has been one, or there will be none. */
  done(): void;
  /** Ends the work by throwing; the framework answers. */
  fail(error: Error): void;
}

/** A handler that works until it is told to finish, and counts how many are at work. */
export interface Workshop {
  readonly handler: Handler;
  readonly jobs: readonly Job[];
  readonly atWork: number;
  readonly mostAtWork: number;
  /** Resolves with the job of that index, now or when it begins. */
  job(index: number): Promise<Job>;
  /** Jobs that begin from now on finish at once. */
  finishAtOnce(): void;
}

export function workshop(): Workshop {
  const jobs: Job[] = [];
  let watchers: (() => void)[] = [];
  let atWork = 0;
  let mostAtWork = 0;
  let atOnce = false;
  return {
    jobs,
    get atWork() {
      return atWork;
    },
    get mostAtWork() {
      return mostAtWork;
    },
    async job(index) {
      while (jobs.length <= index) {
        await new Promise<void>((resolve) => void watchers.push(resolve));
      }
      return jobs[index] as Job;
    },
    finishAtOnce() {
      atOnce = true;
    },
    handler(call) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let over = false;
      const end = (how: () => void) => {
        if (over) return;
        over = true;
        atWork--;
        how();
      };
      const job: Job = {
        call,
        finish: (status = 200, text = 'done', headers = {}) =>
          end(() => {
            call.answer(status, text, headers);
            resolve();
          }),
        done: () => end(resolve),
        fail: (error) => end(() => reject(error)),
      };
      atWork++;
      mostAtWork = Math.max(mostAtWork, atWork);
      jobs.push(job);
      for (const wake of watchers.splice(0)) wake();
      watchers = [];
      if (atOnce) job.finish();
      return promise;
    },
  };
}
