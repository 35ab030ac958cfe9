import type { Server } from 'node:http';
import { type Clock, ConfigurationError, read } from '@spillway/core';
import type { ActiveRequests } from './active-requests.ts';
import { closeServer } from './server.ts';

export interface ShutdownOptions {
  /** Stops accepting connections; those that are idle are closed. */
  readonly server?: Server | undefined;
  /**
   * How long new requests are still taken, so that a balancer can see the failing readiness probe
   * first, in milliseconds.
   * @defaultValue 0
   */
  readonly readinessDelayMs?: number | undefined;
  /**
   * How long running requests may take to end, counted from then, in milliseconds. What is left is
   * answered with 503, or cut off when its answer has begun.
   * @defaultValue 30_000
   */
  readonly timeoutMs?: number | undefined;
}

interface ReadShutdownOptions {
  readonly server: Server | undefined;
  readonly readinessDelayMs: number;
  readonly timeoutMs: number;
}

/** A policy, as far as its end is concerned. */
export interface Ending {
  readonly active: ActiveRequests;
  idle(): Promise<void>;
  /** Ends what is left, and everything that would keep the process alive. */
  destroy(): Promise<void>;
}

const readOptions = read.object<ReadShutdownOptions>({
  server: read.optional(
    read.having<Server>('close', 'closeIdleConnections', 'closeAllConnections'),
  ),
  readinessDelayMs: read.optional(read.nonNegativeMs, 0),
  timeoutMs: read.optional(read.nonNegativeMs, 30_000),
});

export const readShutdownOptions: read.Reader<ReadShutdownOptions> = (value, path) => {
  if (typeof value === 'object' && value !== null && 'listen' in value) {
    throw new ConfigurationError(path, 'takes an object of options: give it { server }');
  }
  return readOptions(value, path);
};

/**
 * No new connections, then no new requests; what runs and waits goes on until the time is up.
 * @param closing called when the first of these begins
 */
export async function shutDown(
  { server, readinessDelayMs, timeoutMs }: ReadShutdownOptions,
  policies: readonly Ending[],
  clock: Clock,
  closing: () => void,
): Promise<void> {
  if (readinessDelayMs > 0) await after(readinessDelayMs, clock).passed;
  const isFlushing = () => policies.some(({ active }) => active.flushing > 0);
  closing();
  const closingServer = server && closeServer(server, clock, isFlushing);
  for (const { active } of policies) {
    // Connections that are open may still bring requests while the server winds down.
    if (server === undefined) active.close();
    else active.windDown();
  }
  const limit = after(timeoutMs, clock);
  const ended = Promise.all([closingServer?.closed, ...policies.map((policy) => policy.idle())]);
  await Promise.race([ended, limit.passed]);
  limit.cancel();
  await Promise.all(policies.map((policy) => policy.destroy()));
  await closingServer?.cut();
}

function after(delayMs: number, clock: Clock): { passed: Promise<void>; cancel(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.setTimer(resolve, delayMs);
  return { passed: promise, cancel: () => timer.cancel() };
}
