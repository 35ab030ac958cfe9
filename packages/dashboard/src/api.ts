import type { IncomingMessage } from 'node:http';
import { type ConfigurationError, isSpillwayError } from '@spillway/core';
import type { Handed } from '@spillway/node-http';
import type { ChangeRoute } from './changes/change.ts';
import { CHANGES } from './changes/routes.ts';
import type { Change } from './contract.ts';
import type { ControlRoom } from './control-room.ts';
import { sendError, sendJson } from './http/answers.ts';
import { ApiError } from './http/api-error.ts';
import { readJson } from './http/body.ts';
import { type Match, Router } from './http/router.ts';
import type { ReadDashboardOptions, Viewer } from './options.ts';
import { READS, type ReadRoute } from './reads.ts';
import { authorized } from './security/authorization.ts';
import { requireSameOrigin } from './security/origin.ts';
import { RateLimit } from './security/rate-limit.ts';
import { Tokens } from './security/token.ts';

const router = new Router<ReadRoute | ChangeRoute>([...READS, ...CHANGES]);

/** Answers every request to a control room. Whoever asks is asked for first; what fails is a problem. */
export class Api {
  readonly #room: ControlRoom;
  readonly #options: ReadDashboardOptions;
  readonly #tokens: Tokens;
  readonly #changes: RateLimit;
  readonly #dryRuns: RateLimit;

  constructor(room: ControlRoom, options: ReadDashboardOptions, tokenSecret: string | Buffer) {
    const { clock } = room.engine;
    this.#room = room;
    this.#options = options;
    this.#tokens = new Tokens(tokenSecret);
    this.#changes = new RateLimit(options.maxChangesPerMinute, clock);
    this.#dryRuns = new RateLimit(options.maxChangesPerMinute, clock);
  }

  async answer(handed: Handed): Promise<void> {
    const { request, response } = handed;
    try {
      await this.#answer(handed);
    } catch (error) {
      sendError(request, response, this.#problemOf(error));
    }
  }

  async #answer(handed: Handed): Promise<void> {
    const { request, view } = handed;
    // Read before anything is awaited: a framework puts the mount path back.
    const { method = 'GET', url = '/' } = request;
    const room = this.#room;
    const viewer = await authorized(this.#options.authorize, view, room.engine.logger);
    const { path, query } = parted(url);
    const { route, named } = router.match(method, path);
    if ('plan' in route) {
      await this.#change(handed, viewer, { route, named }, query.get('dryRun') === 'true');
      return;
    }
    if (route.fromAnywhere !== true) requireSameOrigin(request);
    await route.answer({ room, handed, viewer, tokens: this.#tokens, named, query });
  }

  /** The cheapest checks come first, and nothing of the body is read before the caller may change things. */
  async #change(
    { request, response, body: parsed }: Handed,
    viewer: Viewer,
    { route, named }: Match<ChangeRoute>,
    isDryRun: boolean,
  ): Promise<void> {
    const { name, role } = viewer;
    const { engine, log, sampler } = this.#room;
    if (role !== 'operator') throw new ApiError('wrong_role', `${name} is a viewer`);
    requireSameOrigin(request);
    requireJson(request);
    if (!this.#tokens.isOf(viewer, request.headers['x-spillway-token'])) {
      throw new ApiError('wrong_token', 'x-spillway-token has to be the token of GET /session');
    }
    requireRate(isDryRun ? this.#dryRuns : this.#changes, name);
    const body = await readJson(request, parsed, this.#options.maxBodyBytes);
    if (engine.shuttingDown) throw new ApiError('shutting_down', 'nothing can be changed any more');
    const { apply, summary, effects, before, after, ...target } = route.plan(
      { engine, sampler },
      named,
      body,
    );
    if (!isDryRun) {
      log.as(name, () => {
        apply();
        log.add({ kind: 'change', ...target, text: summary, details: { effects, before, after } });
      });
      engine.logger.info('changed by hand', { by: name, change: summary, ...target });
    }
    const change: Change = { applied: !isDryRun, by: name, summary, effects, before, after };
    sendJson(request, response, JSON.stringify(change));
  }

  #problemOf(error: unknown): ApiError {
    if (error instanceof ApiError) return error;
    if (isSpillwayError(error)) {
      const { message, path: option, rule } = error as ConfigurationError;
      const details = { option, rule };
      if (error.code === 'conflict') return new ApiError('impossible_now', message, details);
      if (error.code === 'invalid_configuration') {
        return new ApiError('invalid_change', message, details);
      }
    }
    this.#room.engine.logger.error('the control room has failed', { error });
    return new ApiError('internal_error', 'the log of the service says more');
  }
}

/** Of the absolute form, by which callers ask proxies, the path counts alone. */
const ORIGIN = /^https?:\/\/[^/?]*/i;

function parted(given: string): { readonly path: string; readonly query: URLSearchParams } {
  const url = given.replace(ORIGIN, '');
  const at = url.indexOf('?');
  const path = at === -1 ? url : url.slice(0, at);
  return {
    path: path === '' ? '/' : path,
    query: new URLSearchParams(at === -1 ? '' : url.slice(at)),
  };
}

function requireJson({ headers }: IncomingMessage): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new ApiError('wrong_content_type', 'what is taken is application/json');
  }
}

function requireRate(limit: RateLimit, name: string): void {
  const waitMs = limit.take(name);
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1_000);
  throw new ApiError('too_many_changes', `${name} may make another in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
