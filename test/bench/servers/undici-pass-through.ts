import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher, Pool } from 'undici';

/** RFC 9110, 7.6.1; `host` is the backend's own, `expect` is answered here by node:http. */
const notForwarded = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The peer that Spillway is measured against: what a careful engineer writes from undici's
 * documentation on an afternoon. It streams both ways with back-pressure and gives up when the
 * caller leaves; it sets no `X-Forwarded-*`, chooses nothing, retries nothing and counts nothing.
 */
export function passThrough(pool: Pool) {
  return function forward(req: IncomingMessage, res: ServerResponse): void {
    let attempt: Dispatcher.DispatchController | undefined;
    res.on('close', () => {
      if (!res.writableFinished) attempt?.abort(new Error('The caller left.'));
    });

    const request: Dispatcher.DispatchOptions = {
      path: req.url as string,
      method: req.method as Dispatcher.HttpMethod,
      headers: endToEnd(req.headers),
      body: hasBody(req) ? req : null,
    };
    pool.dispatch(request, {
      onRequestStart(controller) {
        attempt = controller;
        if (res.destroyed) controller.abort(new Error('The caller left.'));
      },
      onResponseStart(_controller, statusCode, headers) {
        if (statusCode >= 200) res.writeHead(statusCode, endToEnd(headers));
      },
      onResponseData(controller, chunk) {
        if (res.write(chunk)) return;
        controller.pause();
        res.once('drain', () => controller.resume());
      },
      onResponseEnd() {
        res.end();
      },
      onResponseError(_controller, error) {
        if (res.headersSent) res.destroy(error);
        else res.writeHead(502).end();
      },
    });
  };
}

type Headers = Record<string, string | string[] | undefined>;

/** Without what is only for the connection that it came by. */
export function endToEnd(headers: Headers): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (value !== undefined && !notForwarded.has(name)) kept[name] = value;
  }
  return kept;
}

function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return (length !== undefined && length !== '0') || req.headers['transfer-encoding'] !== undefined;
}
