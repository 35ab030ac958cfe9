import { createSpillway, keepRawBody, type OnReject } from '@spillway/express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { AdapterHost, HostApp, HostSpillway } from './adapter-host.ts';

/** Express 4 or 5, whichever is given. */
export function expressHost(express: typeof import('express')): AdapterHost {
  return {
    keepsWireBytes: false,
    settles: false,
    createSpillway: (options) => createSpillway(options as never) as unknown as HostSpillway,
    createApp: () => createApp(express),
    onReject(answer) {
      const onReject: OnReject = (error, _req, res, next) => {
        const simple = answer(error);
        if (simple === undefined) next(error);
        else res.status(simple.status).send(simple.body);
      };
      return onReject;
    },
  };
}

function createApp(express: typeof import('express')): HostApp {
  const app = express();
  app.set('env', 'test');
  return {
    mount: (path, middleware) => app.use(path, middleware as RequestHandler),
    parseJson({ keepRawBody: keep }) {
      app.use(express.json({ limit: '20mb', ...(keep && { verify: keepRawBody }) }));
    },
    before(work) {
      app.use((req, _res, next) => {
        Promise.resolve(work(req)).then(() => next(), next);
      });
    },
    store(storage, value) {
      app.use((req, _res, next) => storage.run(value(req), next));
    },
    handle(path, work) {
      app.get(path, (_req, res, next) => {
        Promise.resolve()
          .then(work)
          .then((text) => res.send(text), next);
      });
    },
    route(path, middleware, handler) {
      app.all(path, ...(middleware as RequestHandler[]), (req, res, next) => {
        const work = handler({
          request: req,
          response: res,
          get body() {
            return req.body;
          },
          get signal() {
            return req.spillway.signal;
          },
          answer: (status, text, headers = {}) => void res.status(status).set(headers).send(text),
          stream: (body) => void body.pipe(res),
        });
        // As Express 4 asks of those who use promises.
        work?.catch(next);
      });
    },
    onError(answer) {
      const onError: ErrorRequestHandler = (error, _req, res, next) => {
        const simple = answer(error);
        if (simple === undefined) next(error);
        else res.status(simple.status).send(simple.body);
      };
      app.use(onError);
    },
    trustProxy: () => app.set('trust proxy', true),
    listener: () => app,
  };
}
