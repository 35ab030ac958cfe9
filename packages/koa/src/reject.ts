import type { ProblemError } from '@spillway/core';
import type { Context, Next } from 'koa';

/**
 * Takes over the answer to a request that was refused or failed, as any middleware would: what it
 * returns is awaited, and what it throws is an error of the application.
 */
export type OnReject = (error: ProblemError, ctx: Context, next: Next) => unknown;
