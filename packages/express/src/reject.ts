import type { ProblemError } from '@spillway/core';
import type { NextFunction, Request, Response } from 'express';

/** Takes over the answer to a request that was refused or failed; it must end the response or call `next`. */
export type OnReject = (
  error: ProblemError,
  req: Request,
  res: Response,
  next: NextFunction,
) => void;

/** Calls it from where nobody else would catch what it throws: a socket's event, or a timer. */
export function callOnReject(
  onReject: OnReject,
  error: ProblemError,
  req: Request,
  res: Response,
  next: NextFunction,
): void {
  try {
    const result: unknown = onReject(error, req, res, next);
    if (isThenable(result)) result.then(undefined, next);
  } catch (thrown) {
    next(thrown);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
