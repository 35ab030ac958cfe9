import type { RequestBody } from './cost.ts';
import type { Random } from './random.ts';

/** One answer, decided before its first byte is sent. A token is one entry of `tokens`. */
export interface Completion {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly tokens: readonly string[];
  readonly finishReason: 'stop' | 'length';
  readonly promptTokens: number;
}

const WORDS =
  `reserved capacity fills and what is left over runs down the spillway while the lake keeps
its level and nobody on the bank sees a flood`.split(/\s+/);

/** Text is random words; a length that reaches `maxTokens` ends with `length`, as the service says it. */
export function composeCompletion(options: {
  readonly random: Random;
  readonly model: string;
  readonly promptTokens: number;
  readonly length: readonly [min: number, max: number];
  readonly maxTokens: number | undefined;
}): Completion {
  const { random, model, promptTokens, length, maxTokens = Infinity } = options;
  const [min, max] = length;
  const wanted = min + Math.floor(random() * (max - min + 1));
  const count = Math.max(1, Math.min(wanted, maxTokens));
  const tokens = Array.from({ length: count }, (_, index) => {
    const word = WORDS[Math.floor(random() * WORDS.length)] as string;
    return index === 0 ? word : ` ${word}`;
  });
  const id = `chatcmpl-${Math.floor(random() * 2 ** 32).toString(36)}`;
  const finishReason = count < wanted ? 'length' : 'stop';
  return { id, created: Math.floor(Date.now() / 1000), model, tokens, finishReason, promptTokens };
}

/** The body of a plain answer. */
export function completionBody(completion: Completion): object {
  const { id, created, model, tokens, finishReason } = completion;
  const message = { role: 'assistant', content: tokens.join(''), refusal: null };
  return {
    choices: [{ finish_reason: finishReason, index: 0, logprobs: null, message }],
    created,
    id,
    model,
    object: 'chat.completion',
    system_fingerprint: null,
    usage: usageOf(completion),
  };
}

/**
 * The events of a streamed answer, without `[DONE]`. As Azure does it, the first has no choice, only
 * the prompt's filter results: a client that reads `choices[0]` blindly breaks here too.
 */
export function* completionChunks(completion: Completion, body: RequestBody): Generator<object> {
  const { id, created, model, tokens, finishReason } = completion;
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ delta, finish_reason, index: 0, logprobs: null }],
    created,
    id,
    model,
    object: 'chat.completion.chunk',
    system_fingerprint: null,
  });
  const filter = [{ prompt_index: 0, content_filter_results: {} }];
  yield { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: filter };
  yield chunk({ content: '', refusal: null, role: 'assistant' });
  for (const content of tokens) yield chunk({ content });
  yield chunk({}, finishReason);
  if (body.stream_options?.include_usage) {
    yield { ...chunk({}), choices: [], usage: usageOf(completion) };
  }
}

/** Vectors of `dimensions` numbers, one per input; the openai client asks for base64 unless told otherwise. */
export function embeddingsBody(
  body: RequestBody,
  model: string,
  promptTokens: number,
  random: Random,
  dimensions = 16,
): object {
  const single =
    typeof body.input === 'string' || typeof (body.input as unknown[])?.[0] === 'number';
  const count = single ? 1 : ((body.input as unknown[])?.length ?? 0);
  const data = Array.from({ length: count }, (_, index) => {
    const vector = Float32Array.from({ length: dimensions }, () => random() * 2 - 1);
    const embedding =
      body.encoding_format === 'base64'
        ? Buffer.from(vector.buffer).toString('base64')
        : Array.from(vector);
    return { object: 'embedding', index, embedding };
  });
  const usage = { prompt_tokens: promptTokens, total_tokens: promptTokens };
  return { object: 'list', data, model, usage };
}

function usageOf({ promptTokens, tokens }: Completion): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: tokens.length,
    total_tokens: promptTokens + tokens.length,
  };
}
