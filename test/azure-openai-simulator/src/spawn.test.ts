import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { type SimulatorProcess, spawnSimulator } from './index.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(...options: Parameters<typeof spawnSimulator>): Promise<SimulatorProcess> {
  const simulator = await spawnSimulator(...options);
  stops.push(simulator.stop);
  return simulator;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const chat = { method: 'POST', body: '{"messages":[]}' };

it('serves from a process of its own, configured and asked over IPC', async () => {
  const simulator = await start({ tokensPerMinute: Infinity, refuse: [503] });
  expect(simulator.pid).not.toBe(process.pid);
  const path = `${simulator.url}/v1/chat/completions`;
  expect((await fetch(path, chat)).status).toBe(503);
  expect((await fetch(path, chat)).status).toBe(200);
  await simulator.configure({ refuse: 'always', retryAfterStyle: 'none' });
  expect((await fetch(path, chat)).status).toBe(429);
  expect(await simulator.stats()).toMatchObject({ served: 1, refused: 1, failed: 1 });
  await simulator.reset();
  expect(await simulator.stats()).toMatchObject({ requests: 0 });
  await expect(simulator.configure({ timeScale: 0 })).rejects.toThrow('must be greater than 0');
  await simulator.stop();
  expect(isAlive(simulator.pid)).toBe(false);
  await expect(simulator.stats()).rejects.toThrow('simulator process ended');
  await simulator.stop();
});

it('says so when the port is taken', async () => {
  const simulator = await start();
  const port = Number(new URL(simulator.url).port);
  await expect(spawnSimulator({ port })).rejects.toThrow('EADDRINUSE');
});

it('does not outlive a parent that was killed', async () => {
  const index = new URL('./index.ts', import.meta.url);
  const program = `
    const { spawnSimulator } = await import(${JSON.stringify(index.href)});
    console.log((await spawnSimulator()).pid);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  stops.push(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(pid), { interval: 5, timeout: 5_000 }).toBe(false);
});

it('prints its URL as one line of JSON when run by hand, and ends on SIGTERM', async () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--refuse', '500', '--region', 'west']);
  stops.push(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const response = await fetch(`${url}/v1/chat/completions`, chat);
  expect(response.status).toBe(500);
  expect(response.headers.get('x-ms-region')).toBe('west');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
