import { createServer } from 'node:http';
import { createSpillway } from '@spillway/express';
import express from 'express';
import { makePool } from './pool.ts';
import { serve } from './serve.ts';

const spillway = createSpillway();
const app = express();
app.get('/metrics', spillway.metrics());
app.use('/api', spillway.proxy(makePool(spillway)));

serve(createServer(app));
