import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/**
 * Makes a response that nobody waits for any more harmless to its handler: what it still writes
 * goes nowhere, instead of throwing `ERR_HTTP_HEADERS_SENT`, upon which Express would destroy a
 * connection that its caller keeps alive.
 *
 * @param onEnd called once, when the handler ends it, gives it up, or leaves it to a stream
 * @param looksFresh once it has closed, `headersSent` says that nothing was sent, so that a handler
 * that asks goes on to its end
 */
export function makeLate(response: ServerResponse, onEnd: () => void, looksFresh: boolean): void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    onEnd();
  };
  const self = () => response;
  const { statusCode } = response;
  Object.assign(response, {
    setHeader: self,
    setHeaders: self,
    appendHeader: self,
    removeHeader() {},
    flushHeaders() {},
    writeHead: self,
    writeContinue() {},
    writeProcessing() {},
    writeEarlyHints: callBack,
    addTrailers() {},
    write: (...args: unknown[]) => callBack(...args) || true,
    end: (...args: unknown[]) => {
      callBack(...args);
      end();
      return response;
    },
    destroy: () => {
      end();
      return response;
    },
  });
  // Loggers read it when the response has closed.
  Object.defineProperty(response, 'statusCode', { get: () => statusCode, set() {} });
  if (looksFresh) {
    const look = () => Object.defineProperty(response, 'headersSent', { value: false });
    if (response.closed) look();
    else response.once('close', look);
  }
  // A stream that finds the response closed stops, and never ends it.
  response.on('unpipe', end);
  response.on('pipe', (source: Readable) => {
    source.unpipe(response);
    end();
  });
}

/** Calls the callback that stands behind the other arguments, as the stream would have. */
function callBack(...args: unknown[]): false {
  const callback = args.at(-1);
  if (typeof callback === 'function') queueMicrotask(callback as () => void);
  return false;
}
