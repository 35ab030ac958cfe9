import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RedisServer } from '../../redis/redis-server.ts';
import { own } from '../processes.ts';

/** What an instance is to do. */
export interface InstanceTask {
  readonly url: string;
  readonly maxCount: number;
  readonly callers: number;
  readonly workMs: number;
}

/** What an instance has done so far. */
export interface InstanceFigures {
  readonly served: number;
  readonly workedMs: number;
}

/** Instances that share a limit over Redis, all of them with more callers than slots. */
export interface SharedLimitFigures {
  readonly instances: number;
  readonly maxCount: number;
  /** Requests a second, of all instances. */
  readonly perSecond: number;
  /** As many as the slots could serve, by the time that the work really took. */
  readonly ofIdeal: number;
  /** Commands to Redis for each request. */
  readonly roundTrips: number;
  /** What the instance with the fewest requests had, over an even share. */
  readonly leastShare: number;
}

const INSTANCES = 4;
const MAX_COUNT = 20;
const CALLERS = 100;
const WORK_MS = 5;
const WARM_UP_MS = 2_000;
const WINDOW_MS = 5_000;

/** `undefined` where there is no redis-server. */
export async function measureSharedLimit(): Promise<SharedLimitFigures | undefined> {
  if (!RedisServer.isInstalled) return undefined;
  const redis = await RedisServer.onFreePort();
  const children: ChildProcess[] = [];
  try {
    await redis.start();
    const task = { url: redis.url, maxCount: MAX_COUNT, callers: CALLERS, workMs: WORK_MS };
    const file = fileURLToPath(new URL('instance.ts', import.meta.url));
    for (let each = 0; each < INSTANCES; each++) {
      children.push(own(fork(file, [JSON.stringify(task satisfies InstanceTask)])));
    }
    return await Promise.race([measure(children, redis), ...children.map(endOf)]);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await redis.dispose();
  }
}

async function endOf(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`an instance ended (${signal ?? `code ${code}`})`);
}

async function measure(
  children: readonly ChildProcess[],
  redis: RedisServer,
): Promise<SharedLimitFigures> {
  await Promise.all(children.map((child) => once(child, 'message')));
  for (const child of children) tell(child, 'begin');
  await after(WARM_UP_MS);
  const before = await Promise.all(children.map(figuresOf));
  const commands = await redis.commandsReceived();
  await after(WINDOW_MS);
  const now = await Promise.all(children.map(figuresOf));
  const each = now.map(({ served }, index) => served - (before[index]?.served ?? 0));
  const sum = (figures: readonly InstanceFigures[], key: keyof InstanceFigures) =>
    figures.reduce((total, figure) => total + figure[key], 0);
  const served = sum(now, 'served') - sum(before, 'served');
  const meanWorkMs = (sum(now, 'workedMs') - sum(before, 'workedMs')) / served;
  const perSecond = (served / WINDOW_MS) * 1_000;
  return {
    instances: INSTANCES,
    maxCount: MAX_COUNT,
    perSecond,
    ofIdeal: perSecond / ((MAX_COUNT / meanWorkMs) * 1_000),
    roundTrips: ((await redis.commandsReceived()) - commands) / served,
    leastShare: Math.min(...each) / (served / INSTANCES),
  };
}

/** What has ended is not told, and need not be: see {@link endOf}. */
function tell(child: ChildProcess, what: 'begin' | 'figures'): void {
  child.send(what, () => {});
}

async function figuresOf(child: ChildProcess): Promise<InstanceFigures> {
  const reply = once(child, 'message');
  tell(child, 'figures');
  const [figures] = await reply;
  return figures as InstanceFigures;
}

/** What {@link measureSharedLimit} gave, or why it failed. */
export type SharedLimitOutcome = SharedLimitFigures | string | undefined;

export function sharedLimitReport(figures: SharedLimitOutcome): string {
  if (figures === undefined || typeof figures === 'string') {
    const why = figures ?? 'there is no redis-server';
    return `A limit shared by instances: not measured, for ${why}.\n`;
  }
  const { instances, maxCount, perSecond, ofIdeal, roundTrips, leastShare } = figures;
  return (
    `A limit of ${maxCount} shared by ${instances} instances over Redis: ` +
    `${Math.round(perSecond)} requests a second, ${ofIdeal.toFixed(2)} of the ideal (goal: 0.95); ` +
    `${roundTrips.toFixed(3)} commands for each (goal: 0.1); ` +
    `no instance below ${leastShare.toFixed(2)} of an even share.\n`
  );
}
