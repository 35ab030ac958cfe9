import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server process tells the harness: first `ready`, then one `cpu` for each question. */
export type ServerMessage =
  | ({ readonly kind: 'ready'; readonly port: number } & Particulars)
  | { readonly kind: 'cpu'; readonly micros: number };

/** What a contender asks of those that call it. */
export interface Particulars {
  /** Where it answers; below `/api` unless told otherwise. */
  readonly mount?: string;
  /** What every request to it carries. */
  readonly headers?: Record<string, string>;
}

/** What the harness asks a server process. */
export type ServerQuestion = { readonly kind: 'cpu' };

/**
 * Makes this process a contender: tells the harness where it listens and, whenever asked, how much
 * processor time it has used so far. Ends the process when the harness is gone, however it went.
 *
 * A contender that is not a Node server (nginx, HAProxy) starts it as its own child process and
 * gives `cpuMicros` for that child.
 */
export function report(
  port: number,
  { cpuMicros = ownCpuMicros, ...particulars }: Particulars & { cpuMicros?: () => number } = {},
): void {
  process.on('message', (question: ServerQuestion) => {
    if (question.kind === 'cpu') tell({ kind: 'cpu', micros: cpuMicros() });
  });
  process.on('disconnect', () => process.exit());
  tell({ kind: 'ready', port, ...particulars });
}

/** Listens on a free loopback port and reports it. */
export function serve(server: Server): void {
  server.listen(0, '127.0.0.1', () => report((server.address() as AddressInfo).port));
}

/** The address of the backend that every contender forwards to. */
export function backendUrl(): string {
  const url = process.argv[2];
  if (url === undefined) throw new Error('The address of the backend is missing.');
  return url;
}

function tell(message: ServerMessage): void {
  process.send?.(message);
}

/** User and system time of all threads of this process: garbage collection is not free. */
function ownCpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
