import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';

const head =
  'HTTP/1.1\r\nHost: reports.example\r\nUser-Agent: bench\r\nAccept: application/json\r\n' +
  'Accept-Encoding: gzip, deflate, br\r\nX-Session: session-1\r\n\r\n';

/** As `node:http` notes it on a connection. */
interface Serving {
  readonly _httpMessage?: ServerResponse<IncomingMessage> | null;
}

/**
 * A connection without a socket: `node:http` parses what it sends and makes its own request and
 * response for it, as for any other; what is answered goes nowhere.
 */
export class Connection extends Duplex {
  constructor(server: Server) {
    super();
    server.emit('connection', this);
  }

  /** The response to what was asked last. */
  get response(): ServerResponse {
    const { _httpMessage: response } = this as Serving;
    if (!response) throw new Error('Nothing was asked, or it was answered.');
    return response;
  }

  ask(path: string): void {
    this.push(`GET ${path} ${head}`, 'latin1');
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}
