import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';

/**
 * The request's body, parsed; an empty one is `{}`. What a parser in front has read is taken as that
 * parser gave it.
 * @throws ApiError `body_too_large` before more than `maxBytes` are kept, `body_not_json`
 */
export async function readJson(
  request: IncomingMessage,
  parsed: unknown,
  maxBytes: number,
): Promise<unknown> {
  const tooLarge = () => new ApiError('body_too_large', `at most ${maxBytes} bytes are taken`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  if (!request.readableDidRead) return parse(await textOf(request, maxBytes, tooLarge));
  if (typeof parsed === 'string' || Buffer.isBuffer(parsed)) return parse(String(parsed));
  if (typeof parsed === 'object') return parsed;
  throw new ApiError('body_not_json', 'a parser in front has read the body and left nothing');
}

function textOf(
  request: IncomingMessage,
  maxBytes: number,
  tooLarge: () => ApiError,
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Not its iterator, which would destroy the socket that the answer is to go by. What is too much is
  // read, and not kept.
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else reject(tooLarge());
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString()));
    const broken = () => reject(new ApiError('body_not_json', 'the body has broken off'));
    request.on('error', broken);
    request.on('close', broken);
    // The caller may have left while it was found out who it is: nothing more comes then.
    if (request.destroyed) broken();
  });
}

function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError('body_not_json', 'the body cannot be parsed as JSON');
  }
}
