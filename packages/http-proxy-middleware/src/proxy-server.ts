import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Options, Plugin } from 'http-proxy-middleware';
import type { ClientAttempt } from './client-attempt.ts';

/** httpxy's, which http-proxy-middleware makes. */
export type ProxyServer = Parameters<Plugin>[0];

export const ATTEMPT = Symbol('spillway.attempt');

/** What a `ProxyServer` is given for one attempt. */
export interface AttemptOptions extends Options {
  [ATTEMPT]?: ClientAttempt;
  /** Not among its types, but httpxy takes it. */
  method?: string;
}

/** Told of errors that come from elsewhere than the request of an attempt. */
type OnError = (error: Error, request: IncomingMessage, target: unknown) => void;

/**
 * A server beside `original` that makes single attempts, by the same passes: what happens there is
 * told to the listeners of `original`, but errors, which are not the last word.
 */
export function attemptServer(original: ProxyServer, onError: OnError): ProxyServer {
  const Server = original.constructor as new () => ProxyServer;
  const server = new Server();
  server._webPasses = original._webPasses;
  server._wsPasses = original._wsPasses;
  const tell = (event: string, args: unknown[]) =>
    original.listenerCount(event as 'start') > 0 &&
    (Reflect.apply(original.emit, original, [event, ...args]) as boolean);
  const emit = (event: string, ...args: unknown[]): boolean => {
    if (event === 'error') {
      const [error, request, , target] = args;
      onError(error as Error, request as IncomingMessage, target);
      return true;
    }
    if (event === 'proxyReq' || event === 'proxyReqWs') {
      const attempt = (args[3] as AttemptOptions)[ATTEMPT];
      attempt?.adopt(args[0] as ClientRequest);
      const heard = tell(event, args);
      attempt?.announced();
      return heard;
    }
    return tell(event, args);
  };
  server.emit = emit as ProxyServer['emit'];
  // Without anybody to tell, httpxy would reject.
  server.listenerCount = (event) => (event === 'error' ? 1 : original.listenerCount(event));
  return server;
}
