import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Pace, sendJson, sendPlain, sendStream } from './answer.ts';
import type { Clock } from './clock.ts';
import { composeCompletion, embeddingsBody } from './completion.ts';
import { costOf, maxTokensOf, promptTokensOf, type RequestBody } from './cost.ts';
import { Limiter, type Verdict } from './limiter.ts';
import { type Operation, operationOf } from './operation.ts';
import {
  defaultSettings,
  type Refusal,
  type SimulatorOptions,
  type SimulatorSettings,
} from './options.ts';
import { type Random, seededRandom } from './random.ts';
import * as rejections from './rejection.ts';
import type { OpenRecord, RequestLog } from './request-log.ts';

/** Decides what a request gets, and sends it. */
export class Deployment {
  settings: SimulatorSettings = defaultSettings;
  readonly #clock: Clock;
  readonly #log: RequestLog;
  readonly #limiter = new Limiter();
  #random: Random = seededRandom(defaultSettings.seed);
  #refuse: (request: IncomingMessage, body: Buffer) => Refusal = () => 'never';

  constructor(options: SimulatorOptions, clock: Clock, log: RequestLog) {
    this.#clock = clock;
    this.#log = log;
    this.configure(options);
  }

  configure({ refuse, clock: _, ...changes }: SimulatorOptions): void {
    this.settings = { ...this.settings, ...changes };
    if (changes.seed !== undefined) this.#random = seededRandom(changes.seed);
    if (refuse !== undefined) this.#refuse = refusalsFrom(refuse);
  }

  reset(): void {
    this.#limiter.reset();
    this.#random = seededRandom(this.settings.seed);
  }

  async answer(
    request: IncomingMessage,
    bytes: Buffer,
    response: ServerResponse,
    record: OpenRecord,
  ): Promise<void> {
    const { settings } = this;
    const region = { 'x-ms-region': settings.region };
    const reject = (rejection: rejections.Rejection) => {
      record.status = rejection.status;
      sendJson(response, rejection.status, { ...region, ...rejection.headers }, rejection.body);
    };
    const operation = operationOf(request.method ?? '', request.url ?? '');
    if (!operation) return reject(rejections.notFound);
    if (!isAuthorized(request, settings.apiKey)) return reject(rejections.unauthorized);

    const refusal = this.#refuse(request, bytes);
    if (refusal === 'hang' || refusal === 'reset' || refusal === 'cut')
      record.brokenOnPurpose = true;
    if (refusal === 'hang') return;
    if (refusal === 'reset') return void request.socket.resetAndDestroy();
    if (refusal === 'always') return reject(this.#forced(429, operation));
    if (typeof refusal === 'number') return reject(this.#forced(refusal, operation));

    const body = parse(bytes);
    if (!body) return reject(rejections.invalidBody);
    const cost = costOf(operation, body);
    const verdict = this.#limiter.admit(cost, this.#clock.now(), settings);
    if (!verdict.admitted) return reject(this.#rateLimited(operation, verdict));

    this.#log.charge(record, cost);
    record.status = 200;
    const headers = { ...region, ...remainingHeaders(verdict) };
    const pace = this.#pace(refusal === 'cut');
    const model = operation.deployment ?? body.model ?? 'gpt-4o';
    const promptTokens = promptTokensOf(operation, body);
    if (operation.kind === 'embeddings') {
      const embeddings = embeddingsBody(body, model, promptTokens, this.#random);
      return sendJson(response, 200, headers, embeddings, pace.cut);
    }
    const completion = composeCompletion({
      random: this.#random,
      model,
      promptTokens,
      length: settings.completionTokens,
      maxTokens: maxTokensOf(body),
    });
    record.streamed = body.stream === true;
    if (!record.streamed) return sendPlain(response, headers, completion, pace);
    return sendStream(response, headers, completion, body, pace);
  }

  #pace(cut: boolean): Pace {
    const { timeScale, timeToFirstByteMs, timePerTokenMs } = this.settings;
    return {
      clock: this.#clock,
      timeToFirstByteMs: timeToFirstByteMs * timeScale,
      timePerTokenMs: timePerTokenMs * timeScale,
      cut,
    };
  }

  #rateLimited(
    operation: Operation,
    verdict: Pick<Verdict & { admitted: false }, 'reason' | 'waitMs'>,
  ) {
    const { retryAfterStyle: style, tokensPerMinute } = this.settings;
    return rejections.rateLimited({ operation, ...verdict, style, tokensPerMinute });
  }

  /** A forced 503 tells a wait as well: services that are overloaded do. */
  #forced(status: number, operation: Operation): rejections.Rejection {
    const limited = this.#rateLimited(operation, {
      reason: 'tokens',
      waitMs: this.settings.retryAfterMs,
    });
    if (status === 429) return limited;
    const forced = rejections.forcedRejection(status);
    return status === 503 ? { ...forced, headers: limited.headers } : forced;
  }
}

function refusalsFrom(refuse: NonNullable<SimulatorOptions['refuse']>) {
  if (typeof refuse === 'function') {
    return ({ method = '', url = '', headers }: IncomingMessage, body: Buffer) =>
      refuse({ method, path: url, headers, body }) ?? 'never';
  }
  if (typeof refuse === 'object') {
    const queue = [...refuse];
    return () => queue.shift() ?? 'never';
  }
  return () => refuse;
}

function isAuthorized({ headers }: IncomingMessage, apiKey: string): boolean {
  if (apiKey === '') return true;
  if (headers['api-key'] !== undefined) return headers['api-key'] === apiKey;
  return headers.authorization === `Bearer ${apiKey}`;
}

function parse(bytes: Buffer): RequestBody | undefined {
  try {
    const body: unknown = JSON.parse(bytes.toString());
    return body !== null && typeof body === 'object' ? body : undefined;
  } catch {
    return undefined;
  }
}

function remainingHeaders(verdict: Verdict & { admitted: true }): Record<string, string> {
  if (verdict.remainingTokens === Infinity) return {};
  return {
    'x-ratelimit-remaining-requests': String(verdict.remainingRequests),
    'x-ratelimit-remaining-tokens': String(verdict.remainingTokens),
  };
}
