import { bodyParser } from '@koa/bodyparser';
import { createSpillway, keepRawBody, type OnReject } from '@spillway/koa';
import { json } from 'co-body';
import type Koa from 'koa';
import compose from 'koa-compose';
import mount from 'koa-mount';
import type { AdapterHost, HostApp, HostSpillway, SimpleAnswer } from './adapter-host.ts';

/** Koa 2 or 3, whichever is given. */
export function koaHost(Application: typeof Koa): AdapterHost {
  return {
    keepsWireBytes: true,
    settles: true,
    createSpillway: (options) => createSpillway(options as never) as unknown as HostSpillway,
    createApp: () => createApp(new Application()),
    onReject(answer) {
      const onReject: OnReject = (error, ctx) => {
        const simple = answer(error);
        if (simple === undefined) throw error;
        send(ctx, simple);
      };
      return onReject;
    },
  };
}

function createApp(app: Koa): HostApp {
  let onError: (error: unknown) => SimpleAnswer = () => undefined;
  app.silent = true;
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const simple = onError(error);
      if (simple === undefined) throw error;
      send(ctx, simple);
    }
  });
  return {
    mount: (path, middleware) => app.use(mount(path, middleware as Koa.Middleware)),
    parseJson({ keepRawBody: keep }) {
      const limit = '20mb';
      if (keep) {
        app.use(keepRawBody);
        app.use(bodyParser({ enableTypes: ['json'], jsonLimit: limit }));
      } else {
        app.use(async (ctx, next) => {
          const { request } = ctx as typeof ctx & { request: { body?: unknown } };
          if (ctx.is('json')) request.body = await json(ctx.req, { limit });
          await next();
        });
      }
    },
    before(work) {
      app.use(async (ctx, next) => {
        await work(ctx.req);
        await next();
      });
    },
    around(work) {
      app.use(async (ctx, next) => {
        let error: unknown;
        try {
          await next();
        } catch (thrown) {
          error = thrown;
        }
        work({ status: ctx.status, handedOver: ctx.res.writableEnded, error });
        if (error !== undefined) throw error;
      });
    },
    store(storage, value) {
      app.use((ctx, next) => storage.run(value(ctx.req), next));
    },
    handle(path, work) {
      app.use(async (ctx, next) => {
        if (ctx.path === path) ctx.body = await work();
        else await next();
      });
    },
    route(path, middleware, handler) {
      const work: Koa.Middleware = (ctx) => {
        return handler({
          request: ctx.req,
          response: ctx.res,
          get body() {
            return (ctx.request as { body?: unknown }).body;
          },
          get signal() {
            return ctx.state.spillway.signal;
          },
          answer(status, text, headers = {}) {
            ctx.set(headers);
            ctx.body = text;
            ctx.status = status;
          },
          stream(body) {
            ctx.body = body;
          },
        }) as Promise<void>;
      };
      const chain = compose([...(middleware as Koa.Middleware[]), work]);
      app.use((ctx, next) => (ctx.path === path ? chain(ctx, next) : next()));
    },
    onError(answer) {
      onError = answer;
    },
    trustProxy() {
      app.proxy = true;
    },
    listener: () => app.callback(),
  };
}

function send({ res, response }: Koa.Context, { status, body }: NonNullable<SimpleAnswer>): void {
  response.body = body;
  // Koa's own setter refuses statuses without a name.
  res.statusCode = status;
}
