import OpenAI, { AzureOpenAI } from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSimulator, type Simulator } from './index.ts';

let simulator: Simulator;
let url: string;

beforeEach(async () => {
  simulator = createSimulator({ apiKey: 'secret', region: 'ptu1', completionTokens: [5, 5] });
  url = await simulator.listen();
});
afterEach(() => simulator.close());

const messages = [{ role: 'user' as const, content: 'How full is the lake?' }];

describe.each([
  ['OpenAI', () => new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'secret', maxRetries: 0 })],
  [
    'AzureOpenAI',
    () =>
      new AzureOpenAI({
        endpoint: url,
        apiKey: 'secret',
        apiVersion: '2024-10-21',
        deployment: 'gpt-4o',
        maxRetries: 0,
      }),
  ],
])('the openai package as %s', (_, createClient) => {
  it('reads a plain completion', async () => {
    const completion = await createClient().chat.completions.create({ model: 'gpt-4o', messages });
    expect(completion.choices[0]?.message.content?.split(' ')).toHaveLength(5);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage).toEqual({ prompt_tokens: 6, completion_tokens: 5, total_tokens: 11 });
    expect(completion.model).toBe('gpt-4o');
  });

  it('reads a streamed completion with its usage', async () => {
    const stream = await createClient().chat.completions.create({
      model: 'gpt-4o',
      messages,
      max_tokens: 3,
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces = [];
    let finishReason: string | null | undefined;
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      if (choice?.delta.content) pieces.push(choice.delta.content);
      finishReason = choice?.finish_reason ?? finishReason;
      usage = chunk.usage ?? usage;
    }
    expect(pieces).toHaveLength(3);
    expect(finishReason).toBe('length');
    expect(usage?.completion_tokens).toBe(3);
    expect(simulator.stats()).toMatchObject({ served: 1, aborted: 0, tokens: 9 });
  });

  it('cancels a stream that nobody reads any more', async () => {
    simulator.configure({ timePerTokenMs: 60_000 });
    const stream = await createClient().chat.completions.create({
      model: 'gpt-4o',
      messages,
      stream: true,
    });
    for await (const _chunk of stream) break;
    await expect.poll(() => simulator.stats().aborted, { interval: 1 }).toBe(1);
  });

  it('reads embeddings', async () => {
    const { data, usage } = await createClient().embeddings.create({
      model: 'gpt-4o',
      input: ['lake', 'spillway'],
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([16, 16]);
    expect(data[0]?.embedding).not.toEqual(data[1]?.embedding);
    expect(usage.prompt_tokens).toBe(3);
  });

  it('throws its own RateLimitError and AuthenticationError', async () => {
    const client = createClient();
    simulator.configure({ refuse: [429], retryAfterStyle: 'milliseconds', retryAfterMs: 43 });
    const refused = client.chat.completions.create({ model: 'gpt-4o', messages });
    const error = await refused.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const { code, headers } = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect(code).toBe('429');
    expect(headers.get('retry-after-ms')).toBe('43');
    simulator.configure({ apiKey: 'another' });
    await expect(
      client.chat.completions.create({ model: 'gpt-4o', messages }),
    ).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

it('is believed by the retries of the openai package', async () => {
  simulator.configure({ refuse: [429], retryAfterStyle: 'milliseconds', retryAfterMs: 1 });
  const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'secret', maxRetries: 1 });
  const { response } = await client.chat.completions
    .create({ model: 'gpt-4o', messages })
    .withResponse();
  expect(response.headers.get('x-ms-region')).toBe('ptu1');
  const [first, second] = simulator.stats().records;
  expect([first?.status, second?.status]).toEqual([429, 200]);
  expect(second?.bodySha256).toBe(first?.bodySha256);
  // Retry-After alone would have made it wait a whole second.
  expect((second?.at ?? Infinity) - (first?.at ?? 0)).toBeLessThan(900);
});
