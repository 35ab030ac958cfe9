import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';

const WORK_MS = 20;

/** What is said at one server is heard at the others: Redis, say, in real life. */
export type Hub = EventEmitter<{ said: [text: string] }>;

export function createHub(): Hub {
  return new EventEmitter();
}

export interface ChatServer {
  readonly url: string;
  /** Of requests, sockets aside. */
  readonly received: number;
  readonly refused: number;
  readonly paths: ReadonlySet<string>;
  readonly openSockets: number;
  /** Whether those who want to open a socket get 503. */
  refusesSockets: boolean;
  die(): Promise<void>;
  /** At the same port. */
  comeBack(): Promise<void>;
}

/** A chat server that takes `maxAtOnce` requests at once, and answers 429 to the others. */
export async function startChatServer(
  id: string,
  hub: Hub,
  maxAtOnce: number,
): Promise<ChatServer> {
  let received = 0;
  let refused = 0;
  let running = 0;
  const paths = new Set<string>();
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer(async (request, response) => {
    received++;
    paths.add(request.url ?? '');
    if (running === maxAtOnce) {
      refused++;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    running++;
    await sleep(WORK_MS);
    running--;
    response.setHeader('set-cookie', `theme=dark; Domain=${id}.chat.internal`);
    response.end('[]');
  });
  server.on('upgrade', (request, socket: Socket, head) => {
    if (chatServer.refusesSockets) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    paths.add(request.url ?? '');
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => {});
      client.on('message', (text) => hub.emit('said', String(text)));
    });
  });
  hub.on('said', (text) => {
    for (const client of sockets.clients) client.send(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const chatServer: ChatServer = {
    url: `http://127.0.0.1:${port}`,
    get received() {
      return received;
    },
    get refused() {
      return refused;
    },
    paths,
    get openSockets() {
      return sockets.clients.size;
    },
    refusesSockets: false,
    async die() {
      for (const client of sockets.clients) client.terminate();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    async comeBack() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
  return chatServer;
}
