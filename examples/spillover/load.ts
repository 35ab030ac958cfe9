import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { isOver, type Scenario, untilSpikeMs } from './scenario.ts';

/** What one caller saw of one request. */
export interface Call {
  /** Milliseconds since the start of the run. */
  readonly at: number;
  readonly durationMs: number;
  readonly streamed: boolean;
  /** 0 when there was no answer. */
  readonly status: number;
  /** The deployment that answered, as it names itself. */
  readonly backend: string | undefined;
  readonly error: string | undefined;
}

export interface LoadOptions {
  readonly baseURL: string;
  readonly scenario: Scenario;
  readonly onCall: (call: Call) => void;
  readonly signal: AbortSignal;
}

const CALLER_KEY = 'caller-key';
const STREAM_EVERY = 3;

/** Runs the users until the time is up and the last answer is in. They retry nothing: a 429 is a 429. */
export async function runLoad({ baseURL, scenario, onCall, signal }: LoadOptions): Promise<void> {
  const client = new OpenAI({ baseURL, apiKey: CALLER_KEY, maxRetries: 0 });
  const startedAt = performance.now();
  const elapsedMs = () => performance.now() - startedAt;
  const { users, pauseMs, maxTokens } = scenario;

  async function user(number: number, delayMs: number, isEarly: boolean): Promise<void> {
    for (let count = number, isFirst = true; !isOver(elapsedMs(), scenario); count += 1) {
      const calmMs = isEarly ? 0 : untilSpikeMs(elapsedMs(), scenario);
      if (isFirst || calmMs > 0) await sleep(calmMs + delayMs, undefined, { signal });
      isFirst = false;
      const at = elapsedMs();
      const streamed = count % STREAM_EVERY === 0;
      const seen = await complete(client, { streamed, maxTokens, signal });
      signal.throwIfAborted();
      onCall({ at, durationMs: elapsedMs() - at, streamed, ...seen });
      await sleep(pauseMs, undefined, { signal });
    }
  }

  await Promise.all(
    Array.from({ length: users.after }, (_, index) => {
      const isEarly = index < users.before;
      // Users of one phase begin one after another within their first pause, not all at once.
      const place = isEarly ? index / users.before : index / users.after;
      return user(index, place * pauseMs, isEarly);
    }),
  );
}

async function complete(
  client: OpenAI,
  options: { streamed: boolean; maxTokens: number; signal: AbortSignal },
): Promise<Pick<Call, 'status' | 'backend' | 'error'>> {
  const request = {
    model: 'gpt-4o',
    messages: [{ role: 'user' as const, content: 'How full is the lake?' }],
    max_tokens: options.maxTokens,
  };
  const { signal } = options;
  try {
    const { data, response } = options.streamed
      ? await client.chat.completions
          .create({ ...request, stream: true }, { signal })
          .withResponse()
      : await client.chat.completions.create(request, { signal }).withResponse();
    const text = 'choices' in data ? data.choices[0]?.message.content : await textOf(data);
    const backend = response.headers.get('x-ms-region') ?? undefined;
    return { status: response.status, backend, error: text ? undefined : 'empty completion' };
  } catch (error) {
    const status = error instanceof OpenAI.APIError ? (error.status ?? 0) : 0;
    return { status, backend: undefined, error: String(error) };
  }
}

async function textOf(
  stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
): Promise<string | undefined> {
  let text = '';
  let finished = false;
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? '';
    finished ||= choices[0]?.finish_reason != null;
  }
  return finished ? text : undefined;
}
