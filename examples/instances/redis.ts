import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Redis at `REDIS_URL`, or one that is started for this run: `redis-server` from the PATH. */
export async function startRedis(): Promise<{ url: string; stop(): void }> {
  const given = process.env.REDIS_URL;
  if (given) return { url: given, stop() {} };
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  const directory = mkdtempSync(join(tmpdir(), 'spillway-instances-'));
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const failed = once(server, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  const ready = async () => {
    let output = '';
    while (!output.includes('Ready to accept connections')) {
      const [text] = await Promise.race([once(server.stdout, 'data'), failed]);
      output += text;
    }
    server.stdout.resume();
  };
  await ready();
  return {
    url: `redis://127.0.0.1:${port}`,
    stop() {
      server.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
