import type { IncomingMessage } from 'node:http';

const RAW_BODY = Symbol.for('spillway.rawBody');

interface WithRawBody {
  [RAW_BODY]?: Buffer;
  rawBody?: unknown;
}

/**
 * Keeps the bytes that a body parser has read, so that a pool can send them on. For the `verify`
 * option of Express's parsers.
 *
 * @example
 * app.use(express.json({ verify: keepRawBody }));
 */
export function keepRawBody(request: IncomingMessage, _response: unknown, body: Buffer): void {
  (request as WithRawBody)[RAW_BODY] = body;
}

/** The bytes that a parser kept; a Buffer in the customary `rawBody` counts, too. */
export function keptRawBody(request: IncomingMessage): Buffer | undefined {
  const { [RAW_BODY]: kept, rawBody } = request as WithRawBody;
  return kept ?? (Buffer.isBuffer(rawBody) ? rawBody : undefined);
}
