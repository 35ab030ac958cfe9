import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { lastingPort } from '../../support/lasting-ports.ts';
import { childrenOf } from '../../support/processes.ts';
import { programOf } from '../programs.ts';
import { report } from '../servers/serve.ts';
import { microsOf } from './processor-time.ts';

export interface ForeignServer {
  readonly program: string;
  /** The text of its configuration, to listen on that port of the loopback interface. */
  configuration(port: number, folder: string): string;
  /** Starts it in the foreground. */
  args(configurationFile: string, folder: string): readonly string[];
}

const startMs = 5_000;

/** Makes a server that is not Node's a contender; it ends with this process. */
export async function serveProgram(server: ForeignServer): Promise<void> {
  const program = programOf(server.program);
  if (program === undefined) {
    throw new Error(`${server.program} is not installed; test/bench/install-tools.sh unpacks it.`);
  }
  const folder = mkdtempSync(join(tmpdir(), `spillway-bench-${server.program}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const port = await lastingPort();
  const file = join(folder, 'configuration');
  writeFileSync(file, server.configuration(port, folder));

  const child = spawn(program.file, server.args(file, folder), {
    env: program.env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.on('exit', () => child.kill());
  child.on('exit', (code) => {
    process.stderr.write(`Error: ${server.program} ended with code ${code}.\n`);
    process.exit(1);
  });
  await listening(port);
  const pid = child.pid as number;
  // Asked anew each time: a server can listen before it has started its workers.
  report(port, { cpuMicros: () => microsOf([pid, ...childrenOf(pid)]) });
}

async function listening(port: number): Promise<void> {
  const deadline = performance.now() + startMs;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await after(20);
    } finally {
      socket.destroy();
    }
  }
}
