import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import { endToEnd } from './undici-pass-through.ts';

/**
 * The yardstick of spilling over: what a careful engineer writes by hand for two backends. It reads
 * the body, sends it to the first one, and sends it to the second one if the first answers 429. It
 * remembers nothing from one request to the next.
 */
export function passThroughTwice(pool: Pool, [first, second]: readonly [string, string]) {
  return async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let attempt: Dispatcher.DispatchController | undefined;
    res.on('close', () => {
      if (!res.writableFinished) attempt?.abort(new Error('The caller left.'));
    });
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const request = {
      method: req.method as Dispatcher.HttpMethod,
      headers: endToEnd(req.headers),
      body: chunks.length === 0 ? null : Buffer.concat(chunks),
    };

    const send = (base: string, isLast: boolean): void => {
      let refused = false;
      pool.dispatch(
        { ...request, path: base + req.url },
        {
          onRequestStart(controller) {
            attempt = controller;
            if (res.destroyed) controller.abort(new Error('The caller left.'));
          },
          onResponseStart(_controller, statusCode, headers) {
            refused = statusCode === 429 && !isLast;
            if (statusCode >= 200 && !refused) res.writeHead(statusCode, endToEnd(headers));
          },
          onResponseData(controller, chunk) {
            if (refused || res.write(chunk)) return;
            controller.pause();
            res.once('drain', () => controller.resume());
          },
          onResponseEnd() {
            if (refused) send(second, true);
            else res.end();
          },
          onResponseError(_controller, error) {
            if (res.headersSent) res.destroy(error);
            else res.writeHead(502).end();
          },
        },
      );
    };
    send(first, false);
  };
}
