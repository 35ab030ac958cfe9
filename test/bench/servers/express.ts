import { createServer } from 'node:http';
import express from 'express';
import { completion } from '../answers.ts';
import { serve } from './serve.ts';

const app = express();
app.all('/api/v1/chat/completions', (_req, res) => {
  res.json(completion);
});

serve(createServer(app));
