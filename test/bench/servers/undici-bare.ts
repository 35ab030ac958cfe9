import { createServer } from 'node:http';
import { Pool } from 'undici';
import { backendUrl, serve } from './serve.ts';
import { passThrough } from './undici-pass-through.ts';

const forward = passThrough(new Pool(backendUrl()));

serve(
  createServer((req, res) => {
    req.url = (req.url as string).slice('/api'.length);
    forward(req, res);
  }),
);
