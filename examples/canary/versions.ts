import type { Request, Response } from 'express';

export interface VersionOptions {
  readonly name: string;
  /** How long it works at a request. */
  readonly workMs: number;
  /** Chance of a 500. */
  readonly failureRatio?: number;
  /** Every item of this number, and its multiples, gets a wrong price. */
  readonly wrongItem?: number;
  readonly random: () => number;
}

/** A version of the service, which counts for itself what it is asked. */
export interface Version {
  readonly handler: (request: Request, response: Response) => void;
  /** When each request came, in milliseconds of `performance.now()`. */
  readonly arrivals: readonly number[];
  readonly failed: number;
  /** Answers with a price that is not right. */
  readonly wrong: number;
}

/** In cents. */
export function priceOf(item: number): number {
  return 99 + item * 50;
}

export function makeVersion(options: VersionOptions): Version {
  const { name, workMs, failureRatio = 0, wrongItem, random } = options;
  const arrivals: number[] = [];
  let failed = 0;
  let wrong = 0;
  return {
    arrivals,
    get failed() {
      return failed;
    },
    get wrong() {
      return wrong;
    },
    handler(request, response) {
      arrivals.push(performance.now());
      const item = Number(request.url.split('/').at(-1));
      const fails = random() < failureRatio;
      const isWrong = wrongItem !== undefined && item % wrongItem === 0;
      setTimeout(() => {
        response.set('x-version', name);
        if (fails) {
          failed++;
          response.status(500).json({ error: 'no price today' });
          return;
        }
        if (isWrong) wrong++;
        response.json({ item, cents: priceOf(item) + (isWrong ? 1 : 0) });
      }, workMs);
    },
  };
}
