// One of the backends, in a process of its own that may be killed at any moment.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { Ledger } from './ledger.ts';
import { bytesOf, Comparison } from './pattern.ts';
import { answerQuestions } from './questions.ts';
import { BACKEND_KEY, keyOf, readPath, SERVED_BY } from './wire.ts';

export interface BackendInput {
  readonly id: string;
  /** Requests whose id leaves this rest are refused here if they ask for it, and nowhere else. */
  readonly turn: { readonly of: number; readonly rest: number };
  readonly port: number;
  /** How many processes this backend has had before. */
  readonly generation: number;
  readonly ledger: string;
}

const PIECE_MS = 4;

const { id, turn, port, generation, ledger } = JSON.parse(process.argv[2] ?? '') as BackendInput;
const notes = new Ledger(ledger, 1);
const key = keyOf(id);
const servedBy = { [SERVED_BY]: `${id}.${generation}` };
let running = 0;
let leaving = false;

const server = createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
  running += 1;
  res.once('close', () => {
    running -= 1;
    if (leaving) setImmediate(() => server.closeIdleConnections());
  });
  serve(req, res).catch(() => res.destroy());
});

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const asked = readPath(req.url ?? '');
  const refuses = asked.refusal !== 0 && asked.id % turn.of === turn.rest;
  // At once: nothing of it may be lost with this process.
  notes.note(asked.id, generation, refuses ? asked.refusal : 200);
  if (leaving) res.shouldKeepAlive = false;
  if (req.headers[BACKEND_KEY] !== key) {
    res.writeHead(401, servedBy).end();
    return;
  }
  const comparison = new Comparison(bytesOf(asked.id, 'request', asked.bodyBytes));
  // A refusal does not wait for the body.
  if (refuses) res.writeHead(asked.refusal, { ...servedBy, 'content-length': 0 }).end();
  for await (const chunk of req) comparison.add(chunk as Buffer);
  if (refuses) return;
  if (asked.workMs > 0) await after(asked.workMs);
  if (comparison.matches) await answer(res, asked.answerBytes, asked.pieces, asked.id);
  else res.writeHead(422, servedBy).end();
}

async function answer(res: ServerResponse, length: number, pieces: number, request: number) {
  const bytes = bytesOf(request, 'answer', length);
  res.writeHead(200, { ...servedBy, 'content-length': length });
  const step = Math.ceil(length / pieces);
  for (let at = step; at < length; at += step) {
    res.write(bytes.subarray(at - step, at));
    await after(PIECE_MS);
  }
  res.end(bytes.subarray(step * (Math.ceil(length / step) - 1)));
}

/** Answers one message with one, and leaves it to the caller to close. */
const sockets = new WebSocketServer({ noServer: true });
sockets.on('headers', (headers: string[]) => headers.push(`${SERVED_BY}: ${servedBy[SERVED_BY]}`));
server.on('upgrade', (req, connection, head) => {
  const asked = readPath(req.url ?? '');
  notes.note(asked.id, generation, 200);
  running += 1;
  connection.once('close', () => {
    running -= 1;
  });
  connection.on('error', () => {});
  sockets.handleUpgrade(req, connection, head, (socket) => {
    socket.on('error', () => {});
    socket.once('message', (data: Buffer) => {
      const isRight = data.equals(bytesOf(asked.id, 'request', asked.bodyBytes));
      socket.send(isRight ? bytesOf(asked.id, 'answer', asked.answerBytes) : 'not what was sent');
    });
  });
});

const answers = {
  running: () => running,
  /** Takes no more connections; resolves when the last request is answered. */
  leave: () => {
    leaving = true;
    return new Promise<void>((resolve) => server.close(() => resolve()));
  },
};
export type BackendAnswers = typeof answers;

process.on('disconnect', () => process.exit());
server.listen(port, '127.0.0.1', () => answerQuestions(answers));
