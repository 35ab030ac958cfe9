import { setTimeout as sleep } from 'node:timers/promises';
import { priceOf } from './versions.ts';

/** What a caller got. */
export interface Answer {
  /** When it asked, in milliseconds of `performance.now()`. */
  readonly askedAt: number;
  readonly durationMs: number;
  readonly status: number;
  /** Which version answered, as it says itself. */
  readonly version: string | null;
  /** Whether it is a price, and the right one. */
  readonly right: boolean;
}

export interface LoadOptions {
  readonly origin: string;
  /** Requests a second. */
  readonly rate: number;
  readonly random: () => number;
  /** Ends it after the requests that are under way. */
  readonly signal?: AbortSignal;
  /** Ends it after so many. */
  readonly requests?: number;
  readonly onAnswer: (answer: Answer) => void;
}

const ITEMS = 1_000;

/** Callers that ask at random moments, whether the others have been answered or not. */
export async function sendLoad(options: LoadOptions): Promise<void> {
  const { origin, rate, random, signal, requests = Number.POSITIVE_INFINITY, onAnswer } = options;
  const calls: Promise<void>[] = [];
  let dueAt = performance.now();
  while (calls.length < requests) {
    dueAt -= (Math.log(1 - random()) / rate) * 1000;
    const item = Math.floor(random() * ITEMS);
    const early = dueAt - performance.now();
    if (early > 0) await sleep(early);
    if (signal?.aborted) break;
    calls.push(ask(`${origin}/prices/${item}`, item).then(onAnswer));
  }
  await Promise.all(calls);
}

async function ask(url: string, item: number): Promise<Answer> {
  const askedAt = performance.now();
  const answer = await fetch(url);
  const body = (await answer.json()) as { item?: number; cents?: number };
  return {
    askedAt,
    durationMs: performance.now() - askedAt,
    status: answer.status,
    version: answer.headers.get('x-version'),
    right: answer.ok && body.item === item && body.cents === priceOf(item),
  };
}
