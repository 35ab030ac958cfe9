import type { ApiProblemCode } from '../contract.ts';
import { boolean, integer, problems, ref, type Schema, string } from './parts.ts';
import { SCHEMAS } from './schemas.ts';

/** Whatever is asked for. */
const ALWAYS: readonly ApiProblemCode[] = ['forbidden', 'authorization_failed', 'internal_error'];
/** Of what the page asks for by itself. */
const SAME_ORIGIN: readonly ApiProblemCode[] = [...ALWAYS, 'wrong_origin'];
const CHANGE: readonly ApiProblemCode[] = [
  ...SAME_ORIGIN,
  'not_found',
  'wrong_role',
  'wrong_content_type',
  'wrong_token',
  'too_many_changes',
  'body_too_large',
  'body_not_json',
  'invalid_change',
  'impossible_now',
  'shutting_down',
];

function looks(summary: string, schema: Schema): Schema {
  return {
    get: {
      summary,
      responses: {
        200: { description: 'As asked for', content: { 'application/json': { schema } } },
        ...problems(SAME_ORIGIN),
      },
    },
  };
}

function parameter(
  name: string,
  where: 'path' | 'query' | 'header',
  schema: Schema,
  description = '',
): Schema {
  return {
    name,
    in: where,
    required: where === 'path',
    schema,
    ...(description && { description }),
  };
}

function changes(
  method: 'put' | 'post',
  summary: string,
  request: string,
  named: readonly string[],
): Schema {
  const { required } = SCHEMAS[request] as { readonly required: readonly string[] };
  return {
    parameters: named.map((name) => parameter(name, 'path', string)),
    [method]: {
      summary,
      security: [{ token: [] }],
      parameters: [
        parameter(
          'dryRun',
          'query',
          boolean,
          'Checks it and tells what it would do, and changes nothing.',
        ),
      ],
      requestBody: {
        // No body is read as an object with nothing in it.
        required: required.length > 0,
        content: { 'application/json': { schema: ref(request) } },
      },
      responses: {
        200: {
          description: 'What it did, or would do',
          content: { 'application/json': { schema: ref('Change') } },
        },
        ...problems(CHANGE),
      },
    },
  };
}

const page: Schema = {
  get: {
    summary: 'The page',
    responses: {
      200: { description: 'The page', content: { 'text/html': {} } },
      302: { description: 'To the same path with a slash at its end' },
      ...problems([...ALWAYS, 'page_not_built']),
    },
  },
};

const assets: Schema = {
  parameters: [parameter('file', 'path', string)],
  get: {
    summary: 'What the page needs; its name changes with what is in it',
    responses: {
      200: { description: 'The file' },
      ...problems([...SAME_ORIGIN, 'not_found', 'page_not_built']),
    },
  },
};

const stream: Schema = {
  get: {
    summary: 'Server-sent events: `status`, `point` and `log`',
    description:
      'The data of `status` is a Snapshot, once a second; that of `point` a Point, every five seconds; that of `log` a LogEntry, whose id is that of the event.',
    parameters: [
      parameter('last-event-id', 'header', integer, 'The entry of the log that was seen last.'),
      parameter('lastEventId', 'query', integer, 'The same, for who cannot set a header.'),
    ],
    responses: {
      200: { description: 'The events', content: { 'text/event-stream': {} } },
      ...problems([...SAME_ORIGIN, 'not_found', 'too_many_streams', 'shutting_down']),
    },
  },
};

/** The API as OpenAPI 3.1 describes it. Paths are below the one where the control room is mounted. */
const DOCUMENT: Schema = {
  openapi: '3.1.0',
  info: {
    title: 'Spillway control room',
    version: '1.0.0',
    description:
      'Who asks is for the application to say. A method that a path does not have is 405, with `Allow`.',
  },
  servers: [{ url: '.' }],
  paths: {
    '/': page,
    '/assets/{file}': assets,
    '/session': looks('Who asks, and the token for changes', ref('Session')),
    '/status': looks('The state of everything', ref('Snapshot')),
    '/history': looks('The last 15 minutes', ref('History')),
    '/log': looks('What has happened, the latest thousand', ref('Log')),
    '/openapi.json': looks('This document', { type: 'object' }),
    '/stream': stream,
    '/pools/{pool}/traffic': changes('put', 'Share a level out', 'TrafficRequest', ['pool']),
    '/pools/{pool}/rollouts': changes('post', 'Begin a rollout', 'RolloutRequest', ['pool']),
    '/pools/{pool}/rollouts/{to}/pause': changes('post', 'Stay at this step', 'EmptyRequest', [
      'pool',
      'to',
    ]),
    '/pools/{pool}/rollouts/{to}/resume': changes('post', 'Begin the step anew', 'EmptyRequest', [
      'pool',
      'to',
    ]),
    '/pools/{pool}/rollouts/{to}/abort': changes('post', 'Put everything back', 'EmptyRequest', [
      'pool',
      'to',
    ]),
    '/pools/{pool}/backends/{id}/drain': changes('post', 'Take a backend out', 'DrainRequest', [
      'pool',
      'id',
    ]),
    '/pools/{pool}/backends/{id}/trip': changes(
      'post',
      'Trip the breaker of a backend',
      'TripRequest',
      ['pool', 'id'],
    ),
    '/pools/{pool}/backends/{id}/close': changes(
      'post',
      'Close the breaker of a backend',
      'EmptyRequest',
      ['pool', 'id'],
    ),
    '/pools/{pool}/shadows/{id}': changes(
      'put',
      'Send copies to a backend, or none',
      'ShadowRequest',
      ['pool', 'id'],
    ),
    '/breakers/{name}/trip': changes('post', 'Trip the breaker of a route', 'TripRequest', [
      'name',
    ]),
    '/breakers/{name}/close': changes('post', 'Close the breaker of a route', 'EmptyRequest', [
      'name',
    ]),
  },
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      token: {
        type: 'apiKey',
        in: 'header',
        name: 'x-spillway-token',
        description: 'Of `GET /session`',
      },
    },
  },
};

export const openApiJson = JSON.stringify(DOCUMENT);
