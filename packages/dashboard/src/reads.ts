import type { Handed } from '@spillway/node-http';
import type { Session } from './contract.ts';
import type { ControlRoom } from './control-room.ts';
import { send, sendJson } from './http/answers.ts';
import { ApiError } from './http/api-error.ts';
import { openApiJson } from './openapi/document.ts';
import type { Viewer } from './options.ts';
import { Assets } from './page/assets.ts';
import { IMMUTABLE, sendAsset, withSlash } from './page/serve.ts';
import type { Tokens } from './security/token.ts';
import { EVENT_STREAM } from './stream/stream.ts';

/** A request to look at something, that may be made. */
export interface Reading {
  readonly room: ControlRoom;
  readonly handed: Handed;
  readonly viewer: Viewer;
  readonly tokens: Tokens;
  readonly named: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface ReadRoute {
  readonly method: 'GET';
  readonly path: string;
  /** Whether a link on a page of another origin may lead here. */
  readonly fromAnywhere?: true;
  answer(reading: Reading): void | Promise<void>;
}

const assets = new Assets(new URL('../dist/public/', import.meta.url));

function json(path: string, textOf: (reading: Reading) => string): ReadRoute {
  return {
    method: 'GET',
    path,
    answer: (reading) => {
      const { request, response } = reading.handed;
      sendJson(request, response, textOf(reading));
    },
  };
}

/** Everything that can be looked at. */
export const READS: readonly ReadRoute[] = [
  {
    method: 'GET',
    path: '/',
    fromAnywhere: true,
    async answer({ handed: { request, response, originalUrl } }) {
      const location = withSlash(originalUrl);
      if (location === undefined) sendAsset(request, response, await assets.page());
      else send(request, response, 302, { location }, '');
    },
  },
  {
    method: 'GET',
    path: '/assets/{file}',
    async answer({ handed: { request, response }, named }) {
      sendAsset(request, response, await assets.asset(named.file ?? ''), IMMUTABLE);
    },
  },
  json('/session', ({ viewer, tokens }) => {
    const { name, role } = viewer;
    return JSON.stringify({ name, role, token: tokens.of(viewer) } satisfies Session);
  }),
  json('/status', ({ room }) => room.snapshot()),
  json('/history', ({ room }) => room.history.json),
  json('/log', ({ room }) => room.log.json),
  json('/openapi.json', () => openApiJson),
  {
    method: 'GET',
    path: '/stream',
    answer({ room, handed: { request, response }, query }) {
      const last = request.headers['last-event-id'] ?? query.get('lastEventId') ?? undefined;
      const id = last === undefined ? undefined : Number(last);
      if (id !== undefined && !Number.isSafeInteger(id)) {
        throw new ApiError('not_found', 'the log has no entry of that id');
      }
      if (request.method === 'HEAD') send(request, response, 200, EVENT_STREAM, '');
      else room.streams.open(request, response, id);
    },
  },
];
