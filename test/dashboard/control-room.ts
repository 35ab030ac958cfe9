import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { BackendOptions, Coordinator, Logger, PoolOptions } from '@spillway/core';
import { type DashboardOptions, dashboard } from '@spillway/dashboard';
import type { HttpPool } from '@spillway/node-http';
import type { AdapterHost, HostApp, HostSpillway } from '@spillway/test/support/adapter-host.ts';
import { startBackend, type TestBackend } from '@spillway/test/support/backend.ts';
import { type Called, type CallOptions, call } from '@spillway/test/support/caller.ts';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { listenOnOwnPort } from '@spillway/test/support/own-port.ts';
import { onTestFinished } from 'vitest';
import { describedBy, type OpenApi } from './open-api.ts';

/** The name comes with every request; who has one called `operator …` may steer. */
export function authorize(request: unknown) {
  const name = (request as { headers: Record<string, string | undefined> }).headers['x-user'];
  if (name === undefined) return undefined;
  return { name, role: name.startsWith('operator') ? ('operator' as const) : ('viewer' as const) };
}

export interface ControlRoomOptions {
  readonly dashboard?: Partial<DashboardOptions>;
  readonly pool?: Partial<PoolOptions>;
  /** Of each backend, beside id and url; two of one level and a spare unless given. */
  readonly backends?: readonly Partial<BackendOptions>[];
  /** In front of everything. */
  readonly before?: (app: HostApp, spillway: HostSpillway) => void;
  readonly logger?: Logger;
  readonly coordinator?: Coordinator;
}

export interface TestControlRoom {
  readonly origin: string;
  readonly server: Server;
  readonly app: HostApp;
  readonly spillway: HostSpillway;
  readonly pool: HttpPool;
  readonly backend: TestBackend;
  readonly clock: FakeClock;
  /** The service's ends of its callers' connections. */
  readonly sockets: ReadonlySet<Socket>;
  /** All answers are held against the OpenAPI document. Asks for something below the mount path, as `operator ann` unless `headers` say otherwise. */
  get(path: string, headers?: Record<string, string | undefined>): Promise<Called>;
  /** Asks for a change, with a token; `headers` of `undefined` are left out. */
  change(
    method: string,
    path: string,
    body: unknown,
    headers?: Record<string, string | undefined>,
  ): Promise<Called>;
}

const BACKENDS: readonly Partial<BackendOptions>[] = [
  { id: 'stable', weight: 9, breaker: { failureCount: 1, tripDurationMs: 30_000 } },
  { id: 'canary', weight: 1 },
  { id: 'spare', priority: 2 },
];

/** The document is the same for all; to compile its schemas takes longer than most tests. */
let expectAsDescribed: ReturnType<typeof describedBy> | undefined;

const OPERATOR = { 'x-user': 'operator ann' };

function given(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all = Object.entries(headers);
  return Object.fromEntries(all.filter((each): each is [string, string] => each[1] !== undefined));
}

/** A service with a pool and its control room at `/spillway`, on a clock that stands still. */
export async function startControlRoom(
  host: AdapterHost,
  options: ControlRoomOptions = {},
): Promise<TestControlRoom> {
  const backend = await startBackend();
  const clock = new FakeClock();
  const { logger, coordinator } = options;
  const spillway = host.createSpillway({ clock, random: () => 0, logger, coordinator });
  const pool = spillway.pool('chat', {
    ...options.pool,
    backends: (options.backends ?? BACKENDS).map((each) => ({
      ...(each.handler === undefined && { url: backend.url }),
      ...each,
    })) as BackendOptions[],
  });
  const app = host.createApp();
  options.before?.(app, spillway);
  const control = dashboard(spillway as never, { authorize, ...options.dashboard });
  app.mount('/spillway', control);
  app.mount('/chat', spillway.proxy(pool));
  const server = createServer(app.listener());
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listenOnOwnPort(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await spillway.shutdown({ server, timeoutMs: 0 });
  });
  const origin = `http://127.0.0.1:${port}`;
  const described = await call(origin, '/spillway/openapi.json', { headers: OPERATOR });
  expectAsDescribed ??= describedBy(described.json() as unknown as OpenApi);
  const expectIt = expectAsDescribed;
  const ask = async (path: string, asked: CallOptions) => {
    const answer = await call(origin, `/spillway${path}`, asked);
    expectIt(asked.method ?? 'GET', path, answer);
    return answer;
  };
  const get: TestControlRoom['get'] = (path, headers = {}) =>
    ask(path, { headers: given({ ...OPERATOR, ...headers }) });
  return {
    origin,
    server,
    app,
    spillway,
    pool,
    backend,
    clock,
    sockets,
    get,
    async change(method, path, body, headers = {}) {
      const user = headers['x-user'] ?? 'operator ann';
      const { token } = (await get('/session', { 'x-user': user })).json();
      return ask(path, {
        method,
        headers: given({
          'x-user': user,
          'content-type': 'application/json',
          'x-spillway-token': String(token),
          ...headers,
        }),
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
    },
  };
}
