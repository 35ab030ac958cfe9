import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';

/** Where `install-tools.sh` puts what it does not install. */
const UNPACKED = join(import.meta.dirname, '.tools');

/** @throws Error when the program is not there, which says how to get it */
function program(): { file: string; env: NodeJS.ProcessEnv } {
  const directories = (process.env.PATH ?? '').split(delimiter);
  const inPath = directories.map((each) => join(each, 'redis-server')).find(existsSync);
  if (inPath !== undefined) return { file: inPath, env: process.env };
  const file = join(UNPACKED, 'usr/bin/redis-server');
  if (!existsSync(file)) {
    throw new Error("these tests need 'redis-server': run test/redis/install-tools.sh (Debian)");
  }
  const libraries = join(UNPACKED, 'usr/lib');
  const [architecture = ''] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  return { file, env: { ...process.env, LD_LIBRARY_PATH: join(libraries, architecture) } };
}

/** A Redis of the test's own, on a free port, without persistence. */
export class RedisServer {
  readonly port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'spillway-redis-'));
  #process: ChildProcess | undefined;
  #client: Redis | undefined;

  constructor(port: number) {
    this.port = port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const { file, env } = program();
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', ''];
    const child = spawn(file, [...options, '--appendonly', 'no', '--dir', this.#directory], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = child;
    let output = '';
    for await (const text of child.stdout) {
      output += text;
      if (output.includes('Ready to accept connections')) break;
    }
    if (!output.includes('Ready')) throw new Error(`redis-server did not start:\n${output}`);
    child.stdout.resume();
  }

  /** Ends it as a crash would: what it knew is lost. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  static get isInstalled(): boolean {
    try {
      return program() !== undefined;
    } catch {
      return false;
    }
  }

  static async onFreePort(): Promise<RedisServer> {
    return new RedisServer(await freePort());
  }

  /** A client for whoever has started it; closed with it. */
  client(): Redis {
    this.#client ??= new Redis(this.url);
    return this.#client;
  }

  /** Commands that it has been sent by clients; those that scripts call do not count. */
  async commandsReceived(): Promise<number> {
    const stats = await this.client().info('commandstats');
    const calls = (pattern: RegExp) =>
      [...stats.matchAll(pattern)].reduce((sum, [, count]) => sum + Number(count), 0);
    return calls(/^cmdstat_(?:evalsha|eval|ping):calls=(\d+)/gm);
  }

  async dispose(): Promise<void> {
    this.#client?.disconnect();
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
