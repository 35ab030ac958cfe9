import type { Socket } from 'node:net';
import {
  Backend,
  type BackendConfig,
  type BackendEvents,
  type BackendSharing,
  type Clock,
  type PoolConfig,
  type Timer,
} from '@spillway/core';
import { buildConnector, errors, Pool as UndiciPool } from 'undici';
import { headersNotForwarded, type NotForwarded } from './headers.ts';
import { InProcessServer, type Likeness } from './in-process.ts';

/** What undici's connector is, beside its types: it returns the socket that it connects. */
type Connect = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;

/** A backend behind HTTP, or a handler, with its connections and all that its requests have in common. */
export class HttpBackend extends Backend {
  /** To a handler they lead within the process. */
  readonly connections: UndiciPool;
  /** Of a backend that is a handler. */
  readonly inProcess: InProcessServer | undefined;
  /** Its URL's path without the trailing slash. */
  readonly basePath: string;
  /** Names and values in turn. */
  readonly ownHeaders: readonly string[];
  readonly notForwarded: NotForwarded;
  readonly #connecting = new Set<Socket>();
  readonly #timeouts: PoolConfig['timeouts'];
  readonly #clock: Clock;
  #shadowConnections: UndiciPool | undefined;
  readonly #closings: (() => void)[] = [];

  constructor(
    config: BackendConfig,
    timeouts: PoolConfig['timeouts'],
    clock: Clock,
    events: BackendEvents,
    likeness: Likeness,
    sharing?: BackendSharing,
  ) {
    super(config, clock, events, sharing);
    this.basePath = config.url?.pathname.replace(/\/+$/, '') ?? '';
    this.inProcess = config.handler && new InProcessServer(config.handler, likeness);
    this.ownHeaders = Object.entries(config.headers).flat();
    this.notForwarded = headersNotForwarded(Object.keys(config.headers));
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.connections = this.#connect();
  }

  /** Copies of requests have connections of their own, so that none of the others waits for theirs. */
  get shadowConnections(): UndiciPool {
    this.#shadowConnections ??= this.#connect();
    return this.#shadowConnections;
  }

  #connect(): UndiciPool {
    const { maxCount, url } = this.config;
    return new UndiciPool(url?.origin ?? 'http://in-process', {
      connect:
        this.inProcess?.connect ?? this.#connectWithin(this.#timeouts.connectMs, this.#clock),
      // Deadlines of our own: undici's fire up to a second late.
      headersTimeout: 0,
      bodyTimeout: 0,
      // One request on a connection, and no more connections than requests at once: a backend's
      // limit is often one of connections. A place that is free again is taken over a moment before
      // its connection is; undici's own queue bridges that.
      pipelining: 1,
      connections: Number.isFinite(maxCount) ? maxCount : null,
      allowH2: false,
    });
  }

  /** Has connections that are made elsewhere closed with its own. */
  whenDestroyed(close: () => void): void {
    this.#closings.push(close);
  }

  /** Whether it has left its pool, and what was under way there was cut off. */
  get isDestroyed(): boolean {
    return this.connections.destroyed;
  }

  /** Closes every connection, those too that are still being made: undici would wait for them. */
  async destroy(): Promise<void> {
    const destroyed = [this.connections.destroy(), this.#shadowConnections?.destroy()];
    for (const close of this.#closings) close();
    for (const socket of this.#connecting) socket.destroy(new errors.ClientDestroyedError());
    await Promise.all(destroyed);
  }

  /** undici's own limit fires up to a second late, and asks no clock but its own. */
  #connectWithin(timeoutMs: number, clock: Clock): buildConnector.connector {
    const connect = buildConnector({ timeout: 0, allowH2: false }) as unknown as Connect;
    return (options, callback) => {
      let timer: Timer | undefined;
      const socket = connect(options, (...result) => {
        timer?.cancel();
        this.#connecting.delete(socket);
        callback(...result);
      });
      this.#connecting.add(socket);
      timer = clock.setTimer(() => {
        socket.destroy(new errors.ConnectTimeoutError(`no connection within ${timeoutMs} ms`));
      }, timeoutMs);
      timer.unref?.();
    };
  }
}
