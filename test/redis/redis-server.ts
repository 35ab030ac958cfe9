import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { lastingPort } from '../support/lasting-ports.ts';
import { findProgram, type Program } from '../support/programs.ts';

/** Where `install-tools.sh` puts what it does not install. */
const UNPACKED = join(import.meta.dirname, '.tools');

/** @throws Error when the program is not there, which says how to get it */
function program(): Program {
  const found = findProgram('redis-server', UNPACKED);
  if (found !== undefined) return found;
  throw new Error("these tests need 'redis-server': run test/redis/install-tools.sh (Debian)");
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
    // A replica is served at once, and not five seconds later with others that may come.
    const replicas = ['--repl-diskless-sync-delay', '0'];
    const kept = ['--appendonly', 'no', '--dir', this.#directory];
    const child = spawn(file, [...options, ...replicas, ...kept], {
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
    return findProgram('redis-server', UNPACKED) !== undefined;
  }

  static async onFreePort(): Promise<RedisServer> {
    return new RedisServer(await lastingPort());
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
