import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ApiProblem, Change, LogEntry, Point, Role, Snapshot } from '@spillway/dashboard';
import { onTestFinished } from 'vitest';

const PAGE = join(import.meta.dirname, '../../../packages/dashboard/dist/public');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** What the fake says; whatever is changed here is said from then on. */
export interface Said {
  snapshot: Snapshot;
  points: Point[];
  entries: LogEntry[];
  role: Role;
  /** What a change is answered. */
  answer: (request: Asked) => Change | ApiProblem;
  /** Instead of all answers but the page. */
  refusal: ApiProblem | undefined;
}

/** A change that was asked for. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly dryRun: boolean;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** The page's own server side, told what to say: for states that are hard to bring about otherwise. */
export interface FakeRoom {
  readonly url: string;
  readonly said: Said;
  readonly asked: readonly Asked[];
  /** Whether snapshots are sent, once a second. */
  isSilent: boolean;
  /** Sends something to all who listen. */
  tell(name: 'status' | 'point' | 'log', data: Snapshot | Point | LogEntry): void;
  /** Ends all streams. */
  hangUp(): void;
  close(): Promise<void>;
}

/** Until the test has ended. */
export async function fakeRoom(said: Said): Promise<FakeRoom> {
  const room = await startFakeRoom(said);
  onTestFinished(() => room.close());
  return room;
}

export async function startFakeRoom(said: Said): Promise<FakeRoom> {
  const streams = new Set<ServerResponse>();
  const asked: Asked[] = [];

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://room');
    const path = pathname.replace('/spillway/', '');
    if (path === '' || path.startsWith('assets/')) return page(response, path || 'index.html');
    if (said.refusal) return json(response, said.refusal, said.refusal.status);
    if (path === 'session') return json(response, { name: 'Ada', role: said.role, token: 'token' });
    if (path === 'status') return json(response, said.snapshot);
    if (path === 'history') return json(response, { intervalMs: 5_000, points: said.points });
    if (path === 'log') return json(response, { entries: said.entries });
    if (path === 'stream') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event('status', said.snapshot));
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return;
    }
    const change: Asked = {
      method: request.method ?? '',
      path,
      dryRun: searchParams.get('dryRun') === 'true',
      token: request.headers['x-spillway-token'] as string | undefined,
      body: JSON.parse(await text(request)),
    };
    asked.push(change);
    const answered = said.answer(change);
    json(response, answered, 'status' in answered ? answered.status : 200);
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const room: FakeRoom = {
    url: `http://127.0.0.1:${port}/spillway/`,
    said,
    asked,
    isSilent: false,
    tell(name, data) {
      for (const stream of streams) stream.write(event(name, data));
    },
    hangUp() {
      for (const stream of streams) stream.destroy();
    },
    async close() {
      clearInterval(beat);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const beat = setInterval(() => {
    if (!room.isSilent) room.tell('status', said.snapshot);
  }, 1_000);
  return room;
}

const event = (name: string, data: unknown) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

async function page(response: ServerResponse, path: string): Promise<void> {
  const headers = { 'content-type': TYPES[extname(path)], 'content-security-policy': POLICY };
  response.writeHead(200, headers).end(await readFile(join(PAGE, path)));
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
