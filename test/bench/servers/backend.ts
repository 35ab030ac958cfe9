import { createServer, type ServerResponse } from 'node:http';
import { completion, events, large } from '../answers.ts';
import { serve } from './serve.ts';

const json = Buffer.from(JSON.stringify(completion));
const refusal = Buffer.from(
  JSON.stringify({ error: { code: '429', message: 'Please retry after 60 seconds.' } }),
);
/** By their size. */
const bodies = new Map<number, Buffer>();
/** What is owed to the next refusal, by share. */
const dues = new Map<number, number>();

/** Answers when the request's body has arrived, as every real backend does. */
const server = createServer((req, res) => {
  if (req.method === 'GET') return answer(req.url, res);
  req.resume().once('end', () => answer(req.url, res));
});

function answer(url: string | undefined, res: ServerResponse): void {
  if (url?.startsWith('/refusing/')) answerSome(Number(url.split('/')[2]), res);
  else if (url === '/v1/stream') stream(res);
  else if (url === '/v1/large') send(res, 'application/octet-stream', large);
  else if (url?.startsWith('/v1/bytes/')) sendBytes(Number(url.slice('/v1/bytes/'.length)), res);
  else send(res, 'application/json', json);
}

function send(res: ServerResponse, type: string, body: Buffer): void {
  res.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'x-ratelimit-remaining-requests': '4999',
    'x-request-id': 'e0f7f1f0-6c1b-4b8e-9d0c-3f1a2b5c7d9e',
  });
  res.end(body);
}

function sendBytes(count: number, res: ServerResponse): void {
  const body = bodies.get(count) ?? Buffer.alloc(count, 'x');
  bodies.set(count, body);
  send(res, 'application/octet-stream', body);
}

/** Refuses so many of a hundred, spread evenly. */
function answerSome(percent: number, res: ServerResponse): void {
  const due = (dues.get(percent) ?? 0) + percent;
  dues.set(percent, due % 100);
  if (due < 100) {
    send(res, 'application/json', json);
    return;
  }
  res.writeHead(429, {
    'content-type': 'application/json',
    'content-length': refusal.length,
    'retry-after': '60',
  });
  res.end(refusal);
}

/** One event a millisecond: the proxy sees each as a chunk of its own. */
function stream(res: ServerResponse, index = 0): void {
  if (index === 0) {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  }
  if (res.destroyed) return;
  if (index === events.length) {
    res.end('data: [DONE]\n\n');
    return;
  }
  res.write(events[index]);
  setTimeout(stream, 1, res, index + 1);
}

server.keepAliveTimeout = 120_000;
serve(server);
