import { type OnReadOpts, Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { inOneTurn } from './end-of-turn.ts';

const CHUNK = Symbol('spillway.chunk');
const STOPPED = Symbol('spillway.stopped');
const ENDED = Symbol('spillway.ended');

/** A socket whose bytes are handed over as they come, without the queue of a Node stream in between. */
interface DirectSocket extends Socket {
  /** What has come and was not taken yet. */
  [CHUNK]?: Buffer | undefined;
  /** Nothing more is read until that is taken. */
  [STOPPED]?: boolean;
  /** Nothing more will come; told when all was taken and more is asked for. */
  [ENDED]?: boolean;
}

/** The most that is read at once. Its bytes are copied before anything else is read, so all share it. */
const incoming = Buffer.allocUnsafeSlow(65_536);
const readOfSocket = Socket.prototype.read as (this: Socket, size?: number) => Buffer | null;
const readOfStream = Duplex.prototype.read as (this: Socket) => Buffer | null;
const pushOfStream = Socket.prototype.push;

/**
 * For `net.connect` and `tls.connect`, with {@link readDirectly}. Node's own way makes 64 KiB of memory
 * for every read, cuts it to what has come, queues that in a stream and tells of it a tick later, to be
 * asked then whether there is more: 3 µs of a request.
 */
export const directReads = {
  buffer: incoming,
  callback(this: DirectSocket, length: number): boolean {
    const chunk = Buffer.allocUnsafe(length);
    incoming.copy(chunk, 0, 0, length);
    if (this.read !== readDirect) return this.push(chunk);
    // TLS goes on, for what it has deciphered already, when it has been told to stop.
    const before = this[CHUNK];
    this[CHUNK] = before === undefined ? chunk : Buffer.concat([before, chunk]);
    tell(this);
    if (this[CHUNK] === undefined) return true;
    this[STOPPED] = true;
    return false;
  },
} satisfies OnReadOpts;

/**
 * Has `read()` return what has just come, for a reader that listens to `readable` and then reads until
 * there is nothing more, as undici's parser does.
 */
export function readDirectly(socket: Socket): void {
  socket.read = readDirect;
  socket.push = endDirect;
}

/** Makes the socket a stream as any other again, for whoever goes on with it. */
export function readAsStream(socket: object): void {
  if (!(socket instanceof Socket) || socket.read !== readDirect) return;
  socket.read = readOfSocket;
  socket.push = pushOfStream;
  if ((socket as DirectSocket)[ENDED] === true) end(socket);
}

function readDirect(this: DirectSocket, size?: number): Buffer | null {
  if (size !== undefined) return readOfSocket.call(this, size);
  // What the reader has put back comes first. A socket would read on at once, and so hold more with
  // every part that a slow reader takes.
  if (this.readableLength > 0) return readOfStream.call(this);
  const chunk = this[CHUNK];
  if (chunk === undefined) {
    if (this[ENDED] === true) end(this);
    return null;
  }
  this[CHUNK] = undefined;
  if (this[STOPPED] === true) {
    this[STOPPED] = false;
    readOfSocket.call(this, 0);
  }
  return chunk;
}

/** Node pushes nothing here but the end. A reader that has paused has not taken all yet. */
function endDirect(this: DirectSocket): boolean {
  this[ENDED] = true;
  tell(this);
  return false;
}

function end(socket: DirectSocket): void {
  socket[ENDED] = false;
  pushOfStream.call(socket, null);
  readOfSocket.call(socket, 0);
}

/** At once, but never within another's: undici's parsers share their state. */
function tell(socket: DirectSocket): void {
  if (!inOneTurn(emitReadable, socket)) process.nextTick(tell, socket);
}

function emitReadable(socket: DirectSocket): void {
  socket.emit('readable');
}
