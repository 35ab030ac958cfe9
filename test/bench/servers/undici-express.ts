import { createServer } from 'node:http';
import express from 'express';
import { Pool } from 'undici';
import { backendUrl, serve } from './serve.ts';
import { passThrough } from './undici-pass-through.ts';

const app = express();
app.use('/api', passThrough(new Pool(backendUrl())));

serve(createServer(app));
