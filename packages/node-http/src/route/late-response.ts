import type { ServerResponse } from 'node:http';

/**
 * Makes a response that has been answered in its handler's place harmless to that handler: what it
 * still writes goes nowhere, instead of throwing `ERR_HTTP_HEADERS_SENT`, upon which Express would
 * destroy a connection that its caller keeps alive.
 *
 * @param onEnd called once, when the handler ends it, or gives it up
 * @param looksFresh `headersSent` says that nothing was sent, so that the handler goes on to its end
 */
export function makeLate(response: ServerResponse, onEnd: () => void, looksFresh: boolean): void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    onEnd();
  };
  const self = () => response;
  const methods = {
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
  };
  Object.assign(response, methods);
  response.on('unpipe', end);
  if (looksFresh) Object.defineProperty(response, 'headersSent', { value: false });
}

/** Calls the callback that stands behind the other arguments, as the stream would have. */
function callBack(...args: unknown[]): false {
  const callback = args.at(-1);
  if (typeof callback === 'function') queueMicrotask(callback as () => void);
  return false;
}

/**
 * Tells when a handler ends a response whose caller has left; or when the stream that it has piped
 * into it stops, as those do which find that it has closed, and never end it.
 */
export function watchEnd(response: ServerResponse, onEnd: () => void): void {
  const { end } = response;
  response.end = function lateEnd(this: ServerResponse, ...args: unknown[]) {
    onEnd();
    return Reflect.apply(end, this, args) as ServerResponse;
  } as ServerResponse['end'];
  response.on('unpipe', onEnd);
}
