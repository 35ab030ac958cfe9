import type { RequestHandler } from 'express';
import { onTestFinished } from 'vitest';
import type { Answer } from '../support/backend.ts';
import type { Mounting } from '../support/serve.ts';

/** An application whose own middleware comes before the proxy. */
export function behind(middleware: RequestHandler): (mounting: Mounting) => void {
  return ({ app, spillway, pool }) => {
    app.mount('/', middleware);
    app.mount('/', spillway.proxy(pool));
  };
}

/** Leaves the answer of the backend before time to arrive, or to be held up, first. */
export function later(answer: Answer, delayMs = 100): Answer {
  return async (request, response, received) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await answer(request, response, received);
  };
}

/** What nobody has caught since, in place of failing the whole run. */
export function uncaughtErrors(): Error[] {
  const errors: Error[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const add = (error: Error) => void errors.push(error);
  process.on('uncaughtException', add);
  onTestFinished(() => {
    process.off('uncaughtException', add);
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  return errors;
}
