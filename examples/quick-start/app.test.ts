import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type SimulatorProcess, spawnSimulator } from '@spillway/azure-openai-simulator';
import OpenAI from 'openai';
import { afterEach, expect, it } from 'vitest';

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

interface App {
  readonly child: ChildProcess;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  /** What it printed, so far. */
  output(): string;
}

/** An application in a process of its own, with these environment variables and no others of its own. */
function startApp(file: string, variables: Record<string, string>): App {
  // On the sources, as all tests; users have the packages built.
  const flags = ['--conditions=@spillway/source', join(import.meta.dirname, file)];
  const child = spawn(process.execPath, flags, { env: { PATH: process.env.PATH, ...variables } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  running.push({
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  });
  return { child, exited, output: () => output };
}

/** A port that nothing listens on, below those that the system gives out by itself. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 10_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    await new Promise((closed) => server.close(closed));
    if (free) return port;
  }
}

async function startSimulator(region: string): Promise<SimulatorProcess> {
  const simulator = await spawnSimulator({ region, apiKey: `key-of-${region}` });
  running.push(simulator);
  return simulator;
}

const files = ['app.ts', 'koa-app.ts'];

it.each(files)('%s serves from PAYG while PTU refuses, and ends when told to', async (file) => {
  const [ptu, payg, port] = await Promise.all([
    startSimulator('ptu1'),
    startSimulator('payg1'),
    freePort(),
  ]);
  const { child, exited, output } = startApp(file, {
    PTU_URL: `${ptu.url}/openai`,
    PTU_KEY: 'key-of-ptu1',
    PAYG_URL: `${payg.url}/openai`,
    PAYG_KEY: 'key-of-payg1',
    PORT: String(port),
  });
  const origin = `http://127.0.0.1:${port}`;
  const get = async (path: string) => (await fetch(origin + path)).text();
  const report = () => get('/reports/7').catch(output);
  await expect.poll(report, { timeout: 10_000 }).toBe('report 7');
  for (const path of ['/livez', '/readyz']) {
    expect(JSON.parse(await get(path))).toEqual({ status: 'ok', failed: [] });
  }

  const client = new OpenAI({ baseURL: `${origin}/openai/v1`, apiKey: 'none', maxRetries: 0 });
  const question = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Full?' }] };
  const ask = async () => {
    const { response, data } = await client.chat.completions.create(question).withResponse();
    expect(data.choices[0]?.message.content).not.toBe('');
    return response.headers.get('x-ms-region');
  };
  expect(await ask()).toBe('ptu1');

  await ptu.configure({ refuse: 'always', retryAfterMs: 30_000 });
  for (let count = 0; count < 9; count++) expect(await ask()).toBe('payg1');
  const stream = await client.chat.completions.create({ ...question, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');

  const asked = await ptu.stats();
  expect(asked.records.map(({ status }) => status)).toEqual([200, 429, 429, 429]);
  const metrics = await get('/metrics');
  for (const line of [
    'spillway_attempts_total{pool="chat",backend="ptu1",outcome="throttled"} 3',
    'spillway_attempts_total{pool="chat",backend="payg1",outcome="success"} 10',
    'spillway_spillovers_total{pool="chat",from="1",to="2"} 10',
    'spillway_breaker_trips_total{policy="chat",backend="ptu1"} 1',
    'spillway_backend_available{pool="chat",backend="ptu1"} 0',
    'spillway_queue_ratio{gate="reports"} 0',
  ]) {
    expect(metrics.split('\n')).toContain(line);
  }
  expect(output()).toContain("backend tripped { pool: 'chat', backend: 'ptu1', statusCode: 429");

  child.kill('SIGTERM');
  expect(await exited).toBe(0);
});

it.each(files)('%s says which variable is missing', async (file) => {
  const { exited, output } = startApp(file, { PTU_URL: 'https://ptu.example/openai' });
  expect(await exited).toBe(1);
  expect(output()).toContain('the environment variable PTU_KEY must be set');
});
