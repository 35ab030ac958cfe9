import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { tappedBytes } from './raw-body-tap.ts';

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

/** A body that a parser has read, as far as it can be sent on. */
export interface KeptBody {
  readonly bytes: Buffer;
  /** The content coding that the headers name has been undone. */
  readonly decoded: boolean;
}

/**
 * The body that a parser has read: as it was tapped, as the parser was told to keep it, or as it
 * stands in the customary `rawBody` of the request, or of the framework's `view` of it.
 */
export function keptRawBody(request: IncomingMessage, view?: object): KeptBody | undefined {
  const tapped = tappedBytes(request);
  if (tapped !== undefined) return { bytes: tapped, decoded: false };
  const { headers, [RAW_BODY]: verified, rawBody } = request as typeof request & WithRawBody;
  const kept = verified ?? (view as WithRawBody | undefined)?.rawBody ?? rawBody;
  if (Buffer.isBuffer(kept)) {
    return { bytes: kept, decoded: headers['content-encoding'] !== undefined };
  }
  if (typeof kept !== 'string' || !isSureToBeWhatCame(kept, headers)) return undefined;
  return { bytes: Buffer.from(kept), decoded: false };
}

const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?(?:utf-?8|us-ascii)(?![\w-]))/i;

/**
 * Whether text that a parser has decoded gives the same bytes when it is encoded again. Decoders
 * replace what is not UTF-8, and iconv-lite, which nearly all parsers use, drops a byte order mark:
 * only the length that the caller has said tells, and not of a body that was decompressed. In a
 * charset of two bytes to the letter other bytes may have the same length.
 */
function isSureToBeWhatCame(text: string, headers: IncomingHttpHeaders): boolean {
  return (
    (headers['content-encoding'] ?? 'identity') === 'identity' &&
    !OTHER_CHARSET.test(headers['content-type'] ?? '') &&
    Buffer.byteLength(text) === Number(headers['content-length']) &&
    !text.includes('\uFFFD')
  );
}
