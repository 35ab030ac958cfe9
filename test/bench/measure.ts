import { type LoadGenerator, type Target, textOf } from './load/target.ts';
import type { ServerProcess } from './processes.ts';
import { defaultConnections, defaultSessions, type Row } from './rows.ts';

/** What one contender did in one window. */
export interface Sample {
  /** Processor time of the server process per completed request. */
  readonly microsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time over wall time: well below 1, something else was the bottleneck. */
  readonly busy: number;
}

/** One window: the server's own processor time before and after, and the requests in between. */
export async function measure(
  server: ServerProcess,
  load: LoadGenerator,
  row: Row,
  seconds: number,
): Promise<Sample> {
  const before = await server.cpuMicros();
  const result = await load.run(targetOf(server, row), seconds);
  const micros = (await server.cpuMicros()) - before;
  if (result.requests === 0) {
    throw new Error(`No request on '${row.name}' was answered within ${seconds} s.`);
  }
  if (result.failures > 0) {
    throw new Error(`${result.failures} of ${result.requests} requests failed on '${row.name}'.`);
  }
  return {
    microsPerRequest: micros / result.requests,
    requestsPerSecond: result.requests / result.seconds,
    // Little's law, for no connection is ever idle; load generators differ in how they count it.
    meanMs: ((row.connections ?? defaultConnections) * result.seconds * 1e3) / result.requests,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    busy: micros / 1e6 / result.seconds,
  };
}

/** Throws unless the contender answers as the backend does, byte for byte: speed comes after. */
export async function checkAnswer(
  backend: ServerProcess,
  server: ServerProcess,
  row: Row,
): Promise<void> {
  const target = targetOf(server, row);
  const [expected, actual] = await Promise.all([
    ask({ ...target, url: backend.url + row.path }),
    ask(target),
  ]);
  if (expected.status === actual.status && expected.body.equals(actual.body)) return;
  throw new Error(
    `It answers '${row.name}' with ${actual.status} and ${actual.body.length} bytes, ` +
      `not with ${expected.status} and the backend's ${expected.body.length} bytes.`,
  );
}

async function ask({ url, method, headers, body }: Target) {
  const answer = await fetch(url, {
    method,
    headers: { 'x-session': 'session-1', 'content-type': 'application/json', ...headers },
    body: body === undefined ? null : textOf(body),
    signal: AbortSignal.timeout(10_000),
  });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

function targetOf(server: ServerProcess, row: Row): Target {
  const { headers, url } = server;
  const { method, path, mount = server.mount, sessions = defaultSessions, body } = row;
  const { connections = defaultConnections } = row;
  const target = { url: `${url}${mount}${path}`, connections, sessions, method, headers };
  return body === undefined ? target : { ...target, body };
}
