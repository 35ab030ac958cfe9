import type { IncomingMessage, ServerResponse } from 'node:http';
import { send } from '../http/answers.ts';
import type { Asset } from './assets.ts';

/** Of a file whose name changes with what is in it. */
export const IMMUTABLE = { 'cache-control': 'public, max-age=31536000, immutable' } as const;

/** Sends it in a coding that the caller takes. */
export function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  asset: Asset,
  headers: Readonly<Record<string, string>> = {},
): void {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const coding = (['br', 'gzip'] as const).find((each) => takes(accepted, each) && asset[each]);
  const body = coding === undefined ? asset.identity : (asset[coding] as Buffer);
  send(
    request,
    response,
    200,
    {
      'content-type': asset.type,
      vary: 'accept-encoding',
      ...(coding !== undefined && { 'content-encoding': coding }),
      ...headers,
    },
    body,
  );
}

function takes(accepted: string, coding: string): boolean {
  return accepted
    .split(',')
    .some((each) => each.trim().split(';')[0] === coding && !/;\s*q=0(\.0*)?\s*$/.test(each));
}

/**
 * Where the page is, if it was asked for without the slash that its relative URLs need; relative
 * itself, so that it holds behind proxies that know the service by another path.
 */
export function withSlash(originalUrl: string): string | undefined {
  const [path = '', ...query] = originalUrl.split('?');
  if (path.endsWith('/')) return undefined;
  const last = path.slice(path.lastIndexOf('/') + 1);
  return `./${last}/${query.length === 0 ? '' : `?${query.join('?')}`}`;
}
