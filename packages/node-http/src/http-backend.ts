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
import { directReads, readDirectly } from './direct-reads.ts';
import { headersNotForwarded, type NotForwarded } from './headers.ts';
import { InProcessServer, type Likeness } from './in-process.ts';
import { writeTogether } from './single-write.ts';

/** What undici's connector is, beside its types: it returns the socket that it connects. */
type Connect = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;

/** A backend behind HTTP, or a handler, with its connections and all that its requests have in common. */
export class HttpBackend extends Backend {
  /** Of a backend that is a handler. */
  readonly inProcess: InProcessServer | undefined;
  readonly #connecting = new Set<Socket>();
  #timeouts: PoolConfig['timeouts'];
  readonly #clock: Clock;
  #basePath = '';
  #ownHeaders: readonly string[] = [];
  #notForwarded: NotForwarded = new Map();
  #connections: UndiciPool;
  #shadowConnections: UndiciPool | undefined;
  /** Of options before; they go when what they still have has ended. */
  readonly #outgoing = new Set<UndiciPool>();
  #destroyed = false;
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
    this.inProcess = config.handler && new InProcessServer(config.handler, likeness);
    this.#readConfig();
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.#connections = this.#connect();
  }

  /** To a handler they lead within the process. */
  get connections(): UndiciPool {
    return this.#connections;
  }

  /** Its URL's path without the trailing slash. */
  get basePath(): string {
    return this.#basePath;
  }

  /** Names and values in turn. */
  get ownHeaders(): readonly string[] {
    return this.#ownHeaders;
  }

  get notForwarded(): NotForwarded {
    return this.#notForwarded;
  }

  /** Copies of requests have connections of their own, so that none of the others waits for theirs. */
  get shadowConnections(): UndiciPool {
    this.#shadowConnections ??= this.#connect();
    return this.#shadowConnections;
  }

  /** Attempts that are under way keep the connections that they are on. */
  override reconfigure(config: BackendConfig): void {
    const { url, maxCount } = this.config;
    super.reconfigure(config);
    this.#readConfig();
    if (url?.origin === config.url?.origin && maxCount === config.maxCount) return;
    this.#letGo(this.#connections);
    this.#connections = this.#connect();
    if (this.#shadowConnections !== undefined) this.#letGo(this.#shadowConnections);
    this.#shadowConnections = undefined;
  }

  /** For connections that are made from now on. */
  setTimeouts(timeouts: PoolConfig['timeouts']): void {
    this.#timeouts = timeouts;
  }

  #readConfig(): void {
    const { url, headers } = this.config;
    this.#basePath = url?.pathname.replace(/\/+$/, '') ?? '';
    this.#ownHeaders = Object.entries(headers).flat();
    this.#notForwarded = headersNotForwarded(Object.keys(headers));
  }

  /** Idle connections are closed at once, the others when they are. */
  #letGo(connections: UndiciPool): void {
    this.#outgoing.add(connections);
    const gone = () => this.#outgoing.delete(connections);
    connections.close().then(gone, gone);
  }

  #connect(): UndiciPool {
    const { maxCount, url } = this.config;
    return new UndiciPool(workedOut(new URL(url?.origin ?? 'http://in-process')), {
      connect: this.inProcess?.connect ?? this.#connectInTime(),
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
    return this.#destroyed;
  }

  /** Closes every connection, those too that are still being made: undici would wait for them. */
  async destroy(): Promise<void> {
    this.#destroyed = true;
    const all = [this.#connections, this.#shadowConnections, ...this.#outgoing];
    const destroyed = all.map((connections) => connections?.destroy());
    for (const close of this.#closings) close();
    for (const socket of this.#connecting) socket.destroy(new errors.ClientDestroyedError());
    await Promise.all(destroyed);
  }

  /** undici's own limit fires up to a second late, and asks no clock but its own. */
  #connectInTime(): buildConnector.connector {
    const settings = { timeout: 0, allowH2: false, onread: directReads };
    const connect = buildConnector(settings as buildConnector.BuildOptions) as unknown as Connect;
    return (options, callback) => {
      const { connectMs } = this.#timeouts;
      let timer: Timer | undefined;
      const socket = connect(options, (...result) => {
        timer?.cancel();
        this.#connecting.delete(socket);
        callback(...result);
      });
      readDirectly(socket);
      writeTogether(socket);
      this.#connecting.add(socket);
      timer = this.#clock.setTimer(() => {
        socket.destroy(new errors.ConnectTimeoutError(`no connection within ${connectMs} ms`));
      }, connectMs);
      timer.unref?.();
    };
  }
}

/** With what undici asks a URL for at every request: Node works both out each time. */
function workedOut(url: URL): URL {
  const { origin, protocol } = url;
  return Object.defineProperties(url, { origin: { value: origin }, protocol: { value: protocol } });
}
