import { type EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';

/** What autocannon gives beside a promise of the result. */
type Cannon = PromiseLike<unknown> & EventEmitter & { stop(): void };

/** autocannon at work: each connection sends, waits for the answer, and sends again. */
export interface Load {
  /** Operations that were done. */
  readonly answered: number;
  /** Answers of 503. */
  readonly refused: number;
  /** Other answers, and requests without one. */
  readonly failed: number;
  /** Resolves shortly after an operation has ended, and the next one has begun. */
  operation(): Promise<void>;
  /** Resolves when its connections are closed. */
  stop(): Promise<void>;
}

const AN_HOUR = 3_600;
/** Of an operation; answers that come closer together belong to operations that ran side by side. */
const QUIET_SHARE = 0.1;
const MOST_OPERATIONS = 20;

export function startLoad(options: {
  readonly url: string;
  readonly connections: number;
  readonly operationMs: number;
  /** Ends the waiting for operations. */
  readonly signal: AbortSignal;
}): Load {
  const { url, connections, operationMs } = options;
  const requests = [{ method: 'GET', headers: {} }];
  // It ends at the first sample after it was told to stop.
  const settings = { url, connections, requests, duration: AN_HOUR, sampleInt: 20, timeout: 60 };
  const cannon = autocannon(settings) as unknown as Cannon;
  const done = new EventTarget();
  const count = { answered: 0, refused: 0, failed: 0 };
  cannon.on('response', (_client: unknown, status: number) => {
    if (status === 200) {
      count.answered++;
      done.dispatchEvent(new Event('operation'));
    } else if (status === 503) count.refused++;
    else count.failed++;
  });
  cannon.on('reqError', () => count.failed++);

  return {
    get answered() {
      return count.answered;
    },
    get refused() {
      return count.refused;
    },
    get failed() {
      return count.failed;
    },
    async operation() {
      const late = AbortSignal.timeout(MOST_OPERATIONS * operationMs + 5_000);
      const signal = AbortSignal.any([late, options.signal]);
      await once(done, 'operation', { signal });
      let before: number;
      do {
        before = count.answered;
        await sleep(QUIET_SHARE * operationMs, undefined, { signal });
      } while (count.answered > before);
    },
    async stop() {
      cannon.stop();
      await cannon;
    },
  };
}
