import { setTimeout as after } from 'node:timers/promises';
import type { HttpPool } from '@spillway/node-http';
import type { Handler } from '../../support/handler.ts';
import { bytesOf } from '../pattern.ts';
import { KEY, readPath, SERVED_BY } from '../wire.ts';
import type { RouteBook } from './route-book.ts';
import type { Sabotage } from './sabotage.ts';

/** Requests with this header are held until {@link Hold.release}. */
export const HOLD = 'x-hold';

/** Keeps handlers at work until they are let go. */
export class Hold {
  #released = Promise.withResolvers<void>();

  get released(): Promise<void> {
    return this.#released.promise;
  }

  release(): void {
    this.#released.resolve();
    this.#released = Promise.withResolvers();
  }
}

/** Works for as long as it is asked to, whether or not its caller is still there, and answers. */
export function workHandler(
  book: RouteBook,
  hold: Hold,
  sabotages: ReadonlySet<Sabotage>,
): Handler {
  let keepsSlot = sabotages.has('permit');
  return async ({ request, response, answer }) => {
    const { id, answerBytes, workMs } = readPath(request.url ?? '');
    const key = String(request.headers[KEY] ?? '');
    book.begin(response, key);
    if (request.headers[HOLD] !== undefined) await hold.released;
    else if (workMs > 0) await after(workMs);
    if (keepsSlot) {
      keepsSlot = false;
      // As if the caller had left: the gate waits for the handler then.
      request.socket.destroy();
      await new Promise(() => {});
    }
    // Before the answer: with its end the next handler may begin.
    book.end(key);
    answer(200, bytesOf(id, 'answer', answerBytes).toString('latin1'));
  };
}

/** Makes a call of its own through the pool, for each request. */
export function fetchHandler(pool: HttpPool, sabotages: ReadonlySet<Sabotage>): Handler {
  return async ({ request, signal, answer }) => {
    const { method = 'GET', url = '' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    let body: Buffer | undefined = method === 'GET' ? undefined : Buffer.concat(chunks);
    if (sabotages.has('body')) body = body?.subarray(0, -1);
    const path = url.slice(url.indexOf('?') + 1);
    const send = () => pool.fetch(path, { method, body: body ?? null, signal });
    if (sabotages.has('twice') && method === 'POST') await (await send()).arrayBuffer();
    const answered = await send();
    const text = await answered.text();
    answer(answered.status, text, headersFor(answered.headers));
  };
}

function headersFor(headers: Headers): Record<string, string> {
  const names = ['content-type', SERVED_BY];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}
