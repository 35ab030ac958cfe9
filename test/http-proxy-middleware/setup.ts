import { createServer, type RequestListener, type Server } from 'node:http';
import { bodyParser } from '@koa/bodyparser';
import type { PoolOptions } from '@spillway/core';
import { createSpillway, keepRawBody } from '@spillway/express';
import { createPoolProxyMiddleware, poolOptions } from '@spillway/http-proxy-middleware';
import {
  type ConnectMiddleware,
  createSpillway as createKoaSpillway,
  fromConnect,
  keepRawBody as keepRawBodyInKoa,
} from '@spillway/koa';
import type { HttpPool } from '@spillway/node-http';
import type { ErrorRequestHandler } from 'express';
import { createProxyMiddleware, type Options, type RequestHandler } from 'http-proxy-middleware';
import type Koa from 'koa';
import { expect, onTestFinished } from 'vitest';
import { type Answer, answers, startBackend, type TestBackend } from '../support/backend.ts';
import { listenOnOwnPort } from '../support/own-port.ts';
import { until, within } from '../support/until.ts';

/** What stands before the proxy, if a parser does. */
export type Parsing = 'nothing' | 'parsed' | 'parsed and kept';

/** A framework, with an application of one middleware. */
export interface Framework {
  readonly name: string;
  makePool(options: PoolOptions): { pool: HttpPool; shutdown(): Promise<void> };
  /** Errors are answered with their status and, as JSON, their code; what is not proxied with 404. */
  listen(middleware: ConnectMiddleware, parsing: Parsing): RequestListener;
}

export function onExpress(name: string, express: typeof import('express')): Framework {
  return {
    name,
    makePool(options) {
      const spillway = createSpillway();
      return { pool: spillway.pool('chat', options), shutdown: () => spillway.shutdown() };
    },
    listen(middleware, parsing) {
      const app = express();
      app.set('env', 'test');
      const verify = parsing === 'parsed and kept' ? { verify: keepRawBody } : {};
      if (parsing !== 'nothing') {
        app.use(express.json({ limit: '20mb', ...verify }));
        app.use(express.urlencoded({ extended: false, ...verify }));
      }
      app.use(middleware);
      const onError: ErrorRequestHandler = (error, _request, response, _next) =>
        void response
          .status(error.status ?? 500)
          .set(error.headers ?? {})
          .json({ code: error.code });
      app.use(onError);
      return app;
    },
  };
}

export function onKoa(name: string, Application: typeof Koa): Framework {
  return {
    name,
    makePool(options) {
      const spillway = createKoaSpillway();
      return { pool: spillway.pool('chat', options), shutdown: () => spillway.shutdown() };
    },
    listen(middleware, parsing) {
      const app = new Application();
      app.silent = true;
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          const { status = 500, headers = {}, code } = error as Record<string, never>;
          ctx.status = status;
          ctx.set(headers);
          ctx.body = { code };
        }
      });
      if (parsing === 'parsed and kept') app.use(keepRawBodyInKoa);
      if (parsing !== 'nothing') {
        app.use(bodyParser({ enableTypes: ['json', 'form'], jsonLimit: '20mb' }));
        // Where middleware that was written for Express looks for it.
        app.use((ctx, next) => {
          Object.assign(ctx.req, { body: (ctx.request as { body?: unknown }).body });
          return next();
        });
      }
      app.use(fromConnect(middleware));
      return app.callback();
    },
  };
}

/** How the library gets at its target. */
export type Way = 'alone' | 'pool' | 'poolOptions';

export interface Setup {
  readonly framework: Framework;
  readonly way: Way;
}

export interface ProxiedOptions {
  readonly answer?: Answer;
  /** In place of the backend that is started. */
  readonly target?: string;
  /** The path of the target. */
  readonly base?: string;
  readonly parsing?: Parsing;
  readonly pool?: Partial<PoolOptions>;
}

export interface Proxied {
  readonly origin: string;
  readonly server: Server;
  readonly backend: TestBackend;
  readonly proxy: RequestHandler;
  /** `undefined` for the library alone. */
  readonly pool: HttpPool | undefined;
}

/** An application with http-proxy-middleware before one backend; nothing may be left running after it. */
export async function proxied(
  { framework, way }: Setup,
  options: Options = {},
  {
    answer = answers(200, 'ok'),
    target,
    base = '',
    parsing = 'nothing',
    ...more
  }: ProxiedOptions = {},
): Promise<Proxied> {
  const backend = await startBackend(answer);
  const url = target ?? backend.url + base;
  const made =
    way === 'alone'
      ? undefined
      : framework.makePool({ ...more.pool, backends: [{ id: 'only', url }] });
  const proxy =
    made === undefined
      ? createProxyMiddleware({ ...options, target: url })
      : way === 'pool'
        ? createPoolProxyMiddleware(made.pool, options)
        : createProxyMiddleware(poolOptions(made.pool, options));
  const middleware = proxy as unknown as ConnectMiddleware;
  const server = createServer(framework.listen(middleware, parsing));
  const port = await listenOnOwnPort(server);
  onTestFinished(async () => {
    if (made !== undefined) {
      await until(() => expect(made.pool.status().backends[0]?.running).toBe(0));
      await within(3_000, made.pool.idle());
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await made?.shutdown();
  });
  const origin = `http://127.0.0.1:${port}`;
  return { origin, server, backend, proxy, pool: made?.pool };
}
