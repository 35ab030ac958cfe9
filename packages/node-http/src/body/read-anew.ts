import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { stopTap } from './raw-body-tap.ts';

/**
 * Makes a request readable from its first byte on, after others have read of it: what they have
 * `read` comes again, then what they have not.
 *
 * It stays the same object, for the response, routers and sessions hold on to it; its stream is
 * initialised once more, as Node's own constructor does it.
 *
 * @param ready called when that is done, now or later; never if the caller leaves before
 */
export function readAnew(
  request: IncomingMessage,
  read: readonly Buffer[],
  ready: () => void,
): void {
  const chunks = [...read];
  stopTap(request);
  if (!request.complete && !request.readableEnded) {
    for (let chunk = request.read(); chunk !== null; chunk = request.read()) chunks.push(chunk);
    initialise(request, chunks);
    ready();
    return;
  }
  const keep = (chunk: Buffer) => void chunks.push(chunk);
  // Later, when the end has been told to everybody, or it would be taken for that of the new stream.
  const restart = () => {
    request.off('data', keep);
    setImmediate(() => {
      initialise(request, chunks);
      request.push(null);
      ready();
    });
  };
  if (request.readableEnded) {
    restart();
  } else {
    request.on('data', keep);
    request.once('end', restart);
    request.resume();
  }
}

function initialise(request: IncomingMessage, chunks: readonly Buffer[]): void {
  const { readableHighWaterMark: highWaterMark } = request;
  Reflect.apply(Readable as unknown as (options: object) => void, request, [{ highWaterMark }]);
  for (const chunk of chunks) request.push(chunk);
}
