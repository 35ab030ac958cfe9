import { Socket } from 'node:net';

/**
 * Up to this size a body is written as text, in one piece with its head, which spares a second piece.
 * From 3 KiB on, to make text of it costs more: 2 µs at 8 KiB, 17 at 64. In bytes.
 */
export const MAX_TEXT_BYTES = 2_048;

const writev = Socket.prototype._writev as NonNullable<Socket['_writev']>;

/** Has a socket write a head and a small body in one piece, where they are written while it is corked. */
export function writeTogether(socket: Socket): void {
  socket._writev = writeInOnePiece;
}

const writeInOnePiece: typeof writev = function (this: Socket, chunks, callback) {
  const [head, body, more] = chunks;
  if (
    more === undefined &&
    head?.encoding === 'latin1' &&
    Buffer.isBuffer(body?.chunk) &&
    body.chunk.length <= MAX_TEXT_BYTES
  ) {
    this._write(head.chunk + body.chunk.toString('latin1'), 'latin1', callback);
  } else {
    writev.call(this, chunks, callback);
  }
};
