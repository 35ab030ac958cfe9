import { createServer, type RequestListener } from 'node:http';
import express, { type RequestHandler } from 'express';
import { serve } from './serve.ts';

/**
 * Many applications in one process, each below its own first segment of the path: what is compared
 * then shares heap, compiled code and connections' fate. Whichever is asked, it is found at once.
 */
export function serveMounts(mounts: Iterable<readonly [name: string, app: RequestListener]>): void {
  const apps = new Map(mounts);
  serve(
    createServer((req, res) => {
      const url = req.url as string;
      const end = url.indexOf('/', 1);
      const app = apps.get(url.slice(1, end));
      if (app === undefined) {
        res.writeHead(404).end();
        return;
      }
      req.url = url.slice(end);
      app(req, res);
    }),
  );
}

/** An Express application that hands all it is asked to the middleware. */
export function appOf(...middleware: RequestHandler[]): RequestListener {
  return express().use(...middleware);
}
