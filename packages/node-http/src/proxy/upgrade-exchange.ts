import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Attempt } from '../attempt.ts';
import type { ConnectedPool } from '../connected-pool.ts';
import { cameByHttps } from '../headers.ts';
import { endUnanswered } from '../in-process.ts';
import type { ProxyHost } from './incoming-exchange.ts';
import { ProxyExchange } from './proxy-exchange.ts';
import { joinConnections } from './tunnel.ts';

/**
 * A request to switch protocols. Until a backend has agreed it is one as any other, answered on a
 * response of its own; from then on two connections are joined, and it is over when they are.
 */
export class UpgradeExchange extends ProxyExchange {
  readonly #socket: Duplex;
  /** What came behind the head of the request. */
  readonly #first: Buffer;

  constructor(
    pool: ConnectedPool,
    request: IncomingMessage,
    response: ServerResponse,
    socket: Duplex,
    first: Buffer,
    host: ProxyHost,
  ) {
    super(pool, request, response, host, endUnanswered(response));
    this.#socket = socket;
    this.#first = first;
  }

  override get upgrade(): string {
    return 'websocket';
  }

  upgraded(attempt: Attempt, upstream: Duplex): void {
    if (this.over) {
      upstream.destroy();
      return;
    }
    this.switchedBy(attempt);
    this.response.detachSocket(this.#socket as never);
    this.#socket.write(this.#switchingHead(attempt), 'latin1');
    if (this.#first.length > 0) upstream.write(this.#first);
    joinConnections(this.#socket, upstream);
  }

  override removed(backend: object): void {
    // Its connections were taken out of those that are closed with it.
    if (this.switched && this.current?.lease.backend === backend) this.cutOff();
  }

  protected override get committed(): boolean {
    return this.switched || super.committed;
  }

  protected override deliverHead(attempt: Attempt): void {
    if (attempt.statusCode !== 101) super.deliverHead(attempt);
  }

  protected override deliverEnd(): void {
    if (!this.switched) super.deliverEnd();
  }

  protected override cutOff(): void {
    this.#socket.destroy();
  }

  #switchingHead({ statusCode, headers }: Attempt): string {
    const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`];
    for (const [name, value] of Object.entries(headers)) {
      for (const single of [value ?? []].flat()) lines.push(`${name}: ${single}`);
    }
    if (this.issued !== undefined) {
      lines.push(`set-cookie: ${this.issued.setCookie(cameByHttps(this))}`);
    }
    return `${lines.join('\r\n')}\r\n\r\n`;
  }
}

/**
 * Takes the connection of a request to switch protocols over from its server, where it may be silent
 * for long, and may break. For the answer of a backend that does not switch, or a problem, there is a
 * response as Node makes it for other requests; `undefined` when requests before are still being
 * answered there, so that the connection is closed.
 */
export function takeConnection(
  socket: Duplex & Partial<Pick<Socket, 'setTimeout' | 'setNoDelay'>> & { _httpMessage?: unknown },
  request: IncomingMessage,
): ServerResponse | undefined {
  socket.on('error', () => {});
  socket.setTimeout?.(0);
  socket.setNoDelay?.(true);
  if (socket._httpMessage) {
    socket.destroy();
    return undefined;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as never);
  response.on('finish', () => {
    response.detachSocket(socket as never);
    socket.end(() => socket.destroy());
    response.emit('close');
  });
  return response;
}
