import { pbkdf2Sync } from 'node:crypto';
import { createSpillway } from '@spillway/express';
import express from 'express';

/** One instance: it hashes, which takes the processor and nothing else. */
const iterations = Number(process.env.ITERATIONS);

const spillway = createSpillway();
const app = express();
app.get('/readyz', spillway.readiness());
app.get('/hash/:text', (req, res) => {
  res.send(pbkdf2Sync(req.params.text, 'salt', iterations, 32, 'sha512').toString('hex'));
});
const server = app.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => spillway.shutdown({ server }));
