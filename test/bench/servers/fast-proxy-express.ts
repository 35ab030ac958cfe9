import { createServer } from 'node:http';
import express from 'express';
import { fastProxy } from 'fast-proxy';
import { backendUrl, serve } from './serve.ts';

const { proxy } = fastProxy({ base: backendUrl() });
const app = express();
app.use('/api', (req, res) => proxy(req, res, req.url));

serve(createServer(app));
