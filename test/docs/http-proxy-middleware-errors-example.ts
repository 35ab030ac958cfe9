import { createSpillway, ProblemError } from '@spillway/express';
import { createPoolProxyMiddleware } from '@spillway/http-proxy-middleware';
import express, { type ErrorRequestHandler } from 'express';

export function createApp(url: string) {
  const app = express();
  const spillway = createSpillway();
  const pool = spillway.pool('api', { backends: [{ id: 'only', url }] });
  app.use('/api', createPoolProxyMiddleware(pool));

  // #region example
  const answerProblems: ErrorRequestHandler = (error, _req, res, next) => {
    if (!(error instanceof ProblemError) || res.headersSent) return next(error);
    res.status(error.status).set(error.headers).json({ code: error.code, detail: error.detail });
  };
  app.use(answerProblems); // behind the proxy
  // #endregion

  return { app, spillway };
}
