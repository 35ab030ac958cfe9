import { createServer } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import { completion } from '../answers.ts';
import { serve } from './serve.ts';

export const answerRoute: RequestHandler = (_req, res) => {
  res.json(completion);
};

/** A route that answers at once, behind the middleware that is given. */
export function serveRoute(...before: RequestHandler[]): Express {
  return serveExpress(before, answerRoute);
}

/**
 * A route that answers one turn of the event loop later, as if it had asked somebody: so requests
 * overlap, and those that find no slot do wait. One that answers at once is never asked by two.
 */
export function serveLater(...before: RequestHandler[]): Express {
  return serveExpress(before, (_req, res) => {
    setImmediate(() => res.json(completion));
  });
}

function serveExpress(before: RequestHandler[], handler: RequestHandler): Express {
  const app = express();
  app.all('/api/v1/chat/completions', ...before, handler);
  serve(createServer(app));
  return app;
}
