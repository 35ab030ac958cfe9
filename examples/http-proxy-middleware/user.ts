import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Somebody with a browser, whose session cookie comes with each socket. */
export class User {
  readonly #url: string;
  readonly #headers: { readonly cookie: string };
  #socket: WebSocket | undefined;
  /** Messages that it has been shown. */
  heard = 0;

  constructor(name: string, origin: string) {
    this.#url = `${origin.replace('http', 'ws')}/chat/socket`;
    this.#headers = { cookie: `session=${name}` };
  }

  get isThere(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens a socket; `false` when it is turned away. */
  async come(): Promise<boolean> {
    const socket = new WebSocket(this.#url, { headers: this.#headers });
    socket.on('message', () => {
      this.heard++;
    });
    this.#socket = socket;
    try {
      await once(socket, 'open');
      socket.on('error', () => {});
      return true;
    } catch {
      socket.on('error', () => {});
      return false;
    }
  }

  say(text: string): void {
    this.#socket?.send(text);
  }

  async leave(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }
}
