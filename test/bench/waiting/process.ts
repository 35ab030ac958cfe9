import { createServer, type ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { createSpillway } from '@spillway/express';
import express, { type RequestHandler } from 'express';
import { median } from '../statistics.ts';
import { Connection } from './connection.ts';
import { fewCount, type WaitingFigures } from './figures.ts';

const maxCount = 20;
const count = Number(process.argv[2]);
const batches = 9;
/** Until what leaving calls is compiled. */
const warmUpBatches = 10;
const batchSize = 60;
/** Lines beside the longest, without those that leave. */
const lines = [0, 100, fewCount, 10_000].filter((line) => line < count);
/** In shorter lines, what each takes is less than what the figure varies by itself. */
const leastCounted = 1_000;
const keyCount = count;
const openAtOnce = 50;

const { gc } = globalThis;
if (gc === undefined) throw new Error('This process must be started with --expose-gc.');

let holding = true;
/** Those that a handler has not answered yet. */
const held: ServerResponse[] = [];
const answer: RequestHandler = (_req, res) => {
  if (holding) held.push(res);
  else res.json({ done: true });
};

const spillway = createSpillway();
const limit = (name: string) =>
  spillway.limitConcurrency({ name, maxCount, maxQueueLength: 2 * count, timeoutMs: 600_000 });
let callers = 0;

const app = express();
app.get('/bare', answer);
app.get('/few', limit('few'), answer);
app.get('/many', limit('many'), answer);
app.get(
  '/keys',
  spillway.limitConcurrency({ name: 'keys', maxCount, key: () => `caller-${callers++}` }),
  answer,
);
const server = createServer(app);

const gateOf = (name: string) => {
  const gate = spillway.status().gates[name];
  if (gate === undefined) throw new Error(`There is no gate '${name}'.`);
  return gate;
};

// What is compiled, or grown, at first use only is there before anything is measured.
for (const path of ['/bare', '/few', '/many']) await close(await ask(path, await open(2_000)));
await askByKeys(keyCount);

const keys = await measureKeys();
const bare = await measureFull('/bare');
const spillwayBytes = (exchangeBytes: number) => exchangeBytes - bare.exchangeBytes;
const bytesByCount: { count: number; bytes: number }[] = [];
for (const line of lines.filter((each) => each >= leastCounted)) {
  bytesByCount.push({ count: line, bytes: spillwayBytes(await measureExchange(line)) });
}
const many = await measureFull('/many');
bytesByCount.push({ count, bytes: spillwayBytes(many.exchangeBytes) });

const figures: WaitingFigures = {
  count,
  bytes: {
    connection: bare.connectionBytes,
    exchange: bare.exchangeBytes,
    spillway: spillwayBytes(many.exchangeBytes),
  },
  bytesByCount,
  leaving: many.leaving,
  serving: { seconds: many.seconds, bareSeconds: bare.seconds },
  keys,
};
process.send?.(figures, () => process.exit());
process.on('disconnect', () => process.exit());

/** Has as many requests as there may be slots, and {@link count} more, on a path. */
async function measureFull(path: '/bare' | '/many') {
  const total = count + maxCount;
  const start = await settledBytes();
  const connections = await open(total);
  const opened = await settledBytes();
  await ask(path, connections);
  const asked = await settledBytes();

  const leaving = [...lines, count].map((line) => ({ count: line, micros: [] as number[] }));
  if (path === '/many') {
    if (gateOf('many').waiting !== count) throw new Error('They do not wait.');
    for (let batch = -warmUpBatches; batch < batches; batch += 1) {
      for (const { count: line, micros } of leaving) {
        if (batch < 0 && line !== fewCount) continue;
        const isLongest = line === count;
        const waiting = isLongest
          ? connections
          : await ask('/few', await open(line + batchSize + maxCount));
        const middle = await leaveMiddle(waiting);
        if (batch >= 0) micros.push(middle);
        if (!isLongest) await close(waiting);
      }
    }
    if (gateOf('many').waiting !== count - batches * batchSize) throw new Error('They still wait.');
  }

  const seconds = await answerAll();
  await close(connections);
  return {
    connectionBytes: (opened - start) / total,
    exchangeBytes: (asked - opened) / total,
    leaving,
    seconds,
  };
}

/** Bytes of what Node, Express and Spillway keep of each of so many that wait. */
async function measureExchange(line: number): Promise<number> {
  const connections = await open(line + maxCount);
  const opened = await settledBytes();
  await ask('/few', connections);
  const asked = await settledBytes();
  await close(connections);
  return (asked - opened) / (line + maxCount);
}

async function measureKeys(): Promise<WaitingFigures['keys']> {
  while (Number(gateOf('keys').keys) > 0) await settledBytes();
  const start = await settledBytes();
  await askByKeys(keyCount);
  while (Number(gateOf('keys').keys) > 0) await new Promise((done) => setTimeout(done, 100));
  const end = await settledBytes();
  return {
    count: keyCount,
    bytesPerForgottenKey: (end - start) / keyCount,
  };
}

async function open(total: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  for (let each = 0; each < total; each += 1) {
    connections.push(new Connection(server));
    if (each % 100 === 0) await turn();
  }
  await turn();
  return connections;
}

async function ask(path: string, connections: Connection[]): Promise<Connection[]> {
  for (const [index, connection] of connections.entries()) {
    connection.ask(path);
    if (index % 100 === 0) await turn();
  }
  await turn();
  return connections;
}

/** Callers leave who stand behind one another in the middle; tells the median time that one takes. */
async function leaveMiddle(connections: Connection[]): Promise<number> {
  const middle = maxCount + ((connections.length - maxCount - batchSize) >> 1);
  const leaving = connections.splice(middle, batchSize);
  const micros: number[] = [];
  for (const connection of leaving) {
    let start = 0;
    connection.response.prependListener('close', () => {
      start = performance.now();
    });
    connection.response.on('close', () => {
      micros.push((performance.now() - start) * 1e3);
    });
  }
  await close(leaving);
  return median(micros);
}

async function close(connections: readonly Connection[]): Promise<void> {
  for (const connection of connections) connection.destroy();
  await turn();
  // Those that a handler held are none of its business any more.
  for (const res of held) if (res.destroyed) res.end();
  const alive = held.filter((res) => !res.destroyed);
  held.length = 0;
  held.push(...alive);
}

/** Tells the seconds until the last one has its answer. */
async function answerAll(): Promise<number> {
  const start = performance.now();
  holding = false;
  for (const [index, res] of held.splice(0).entries()) {
    (res as express.Response).json({ done: true });
    if (index % 100 === 0) await turn();
  }
  while (gateOf('many').waiting > 0) await turn();
  await turn();
  const seconds = (performance.now() - start) / 1e3;
  holding = true;
  return seconds;
}

async function askByKeys(total: number): Promise<void> {
  holding = false;
  const connections = await open(openAtOnce);
  for (let asked = 0; asked < total; asked += openAtOnce) {
    for (const connection of connections) connection.ask('/keys');
    await turn();
  }
  await close(connections);
  holding = true;
}

function bytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * What is in use when nothing is left to collect, to a byte for each request: what Node's own objects
 * hold goes a step later.
 */
async function settledBytes(): Promise<number> {
  let before = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    gc?.();
    await new Promise((done) => setTimeout(done, 20));
    const now = bytes();
    if (before - now < count) return now;
    before = now;
  }
  return before;
}
