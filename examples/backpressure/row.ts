import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Load, startLoad } from './load.ts';
import type { AppOptions } from './server.ts';

/** One row of the table, as measured; several moments of the run, hence lists. */
export interface Row {
  readonly connections: number;
  readonly readiness: readonly number[];
  readonly liveness: readonly number[];
  /** autocannon's. */
  readonly answered: number;
  readonly refused: number;
  readonly failed: number;
  /** Statuses of a request beside autocannon's. */
  readonly manual: readonly number[];
  readonly ratioDuring: readonly number[];
  readonly ratioAfter: number;
  readonly readinessAfter: number;
  /** An operation ended between a look at the queue and the request that was to find it so. */
  readonly late: boolean;
}

export interface RowOptions extends AppOptions {
  readonly origin: string;
  readonly connections: number;
  /** How often everything is asked. */
  readonly moments: number;
  readonly signal: AbortSignal;
}

/** What `/metrics` says of the gate. */
interface Queue {
  readonly running: number;
  readonly waiting: number;
  readonly ratio: number;
}

/** How long the queue may take to empty when its callers have gone. */
const EMPTIES_MS = 1_000;

/** Runs autocannon, and meanwhile asks the probes, the metrics and the operation itself. */
export async function measureRow(options: RowOptions): Promise<Row> {
  const { origin, connections, operationMs, moments, signal } = options;
  const load = startLoad({ url: `${origin}/expensive-op`, connections, operationMs, signal });
  const seen: Moment[] = [];
  try {
    for (let count = 0; count < moments; count++) seen.push(await measureMoment(options, load));
  } finally {
    await load.stop();
  }
  const { answered, refused, failed } = load;
  const after = await until(EMPTIES_MS, origin, ({ waiting }) => waiting === 0);
  const readinessAfter = await statusOf(`${origin}/readiness`);
  // What ran when its caller left goes on to its end; the next row begins without it.
  await until(EMPTIES_MS + operationMs, origin, ({ running }) => running === 0);
  return {
    connections,
    readiness: seen.map(({ readiness }) => readiness),
    liveness: seen.map(({ liveness }) => liveness),
    answered,
    refused,
    failed,
    manual: seen.map(({ manual }) => manual),
    ratioDuring: seen.map(({ ratio }) => ratio),
    ratioAfter: after.ratio,
    readinessAfter,
    late: seen.some(({ late }) => late),
  };
}

interface Moment {
  readonly ratio: number;
  readonly readiness: number;
  readonly liveness: number;
  readonly manual: number;
  readonly late: boolean;
}

/**
 * Asks everything within one operation. Between two requests of a connection the queue is one
 * shorter: it is asked when all of them are back in it.
 */
async function measureMoment(options: RowOptions, load: Load): Promise<Moment> {
  const { origin, concurrency, operationMs, connections } = options;
  const all = Math.min(connections, 5 * concurrency);
  await load.operation();
  const ended = load.answered;
  const isBack = ({ running, waiting }: Queue) => running + waiting >= all;
  const { ratio } = await until(operationMs / 2, origin, isBack);
  const readiness = await statusOf(`${origin}/readiness`);
  const liveness = await statusOf(`${origin}/liveness`);

  // Last, for it is one more in the queue.
  let isAnswered = false;
  const answer = statusOf(`${origin}/expensive-op`).finally(() => {
    isAnswered = true;
  });
  answer.catch(() => {}); // awaited below
  const isIn = ({ running, waiting }: Queue) => isAnswered || running + waiting > all;
  await until(operationMs / 2, origin, isIn);
  await setImmediate(); // an answer that came with the last one is counted, too
  const late = load.answered > ended;
  return { ratio, readiness, liveness, manual: await answer, late };
}

async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.text();
  return answer.status;
}

/** The first reading that is as wanted, or the last one in that time. */
async function until(
  timeoutMs: number,
  origin: string,
  isWanted: (queue: Queue) => boolean,
): Promise<Queue> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const queue = await readQueue(origin);
    if (isWanted(queue) || performance.now() > deadline) return queue;
    await sleep(2);
  }
}

async function readQueue(origin: string): Promise<Queue> {
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  const value = (name: string) => {
    const line = metrics.split('\n').find((each) => each.startsWith(`${name}{gate="expensive"} `));
    return Number(line?.split(' ').at(-1));
  };
  return {
    running: value('spillway_gate_running'),
    waiting: value('spillway_gate_waiting'),
    ratio: value('spillway_queue_ratio'),
  };
}
