import { createSimulator, type Refusal, type Simulator } from '@spillway/azure-openai-simulator';
import express from 'express';
import OpenAI from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answers } from '../support/backend.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';

const messages = [{ role: 'user' as const, content: 'How full is the lake?' }];
const unlimited = { tokensPerMinute: Number.POSITIVE_INFINITY };

/** A PTU and a PAYG deployment behind a pool, and the `openai` package before it. */
async function setUp(through: 'the proxy' | 'pool.fetch', ptuRefuses: Refusal | Refusal[]) {
  const start = async (options: Parameters<typeof createSimulator>[0]) => {
    const simulator = createSimulator({ ...unlimited, completionTokens: [5, 5], ...options });
    onTestFinished(() => simulator.close());
    return { simulator, url: await simulator.listen() };
  };
  const ptu = await start({ region: 'ptu', apiKey: 'ptu-key', refuse: ptuRefuses });
  const payg = await start({ region: 'payg', apiKey: 'payg-key' });
  const served = await serve(expressHost(express), {
    backends: { ptu: answers(500), payg: answers(500) },
    each: {
      ptu: { url: ptu.url, headers: { 'api-key': 'ptu-key' } },
      payg: { url: payg.url, headers: { 'api-key': 'payg-key' } },
    },
    app({ app, spillway, pool }) {
      app.mount('/pool', spillway.proxy(pool));
    },
  });
  const client = new OpenAI({
    apiKey: 'the caller has none',
    maxRetries: 0,
    ...(through === 'the proxy'
      ? { baseURL: `${served.origin}/pool/openai/v1` }
      : { baseURL: 'https://pool.example/openai/v1', fetch: served.pool.fetch }),
  });
  const servedBy = ({ simulator }: { simulator: Simulator }) => simulator.stats().served;
  return { client, ptu, payg, servedBy, ...served };
}

describe.each(['the proxy', 'pool.fetch'] as const)('the openai package through %s', (through) => {
  it.each<[string, Refusal | Refusal[]]>([
    ['has room', 'never'],
    ['refuses', 'always'],
    ['is unavailable', 503],
    ['refuses now and then', ['always', 'never', 'always', 503, 'never', 'always']],
  ])('never sees a PTU that %s', async (_, refusals) => {
    const { client, ptu, payg, servedBy } = await setUp(through, refusals);
    for (let index = 0; index < 6; index++) {
      const completion = await client.chat.completions.create({ model: 'gpt-4o', messages });
      expect(completion.choices[0]?.message.content?.split(' ')).toHaveLength(5);
      const stream = await client.chat.completions.create({
        model: 'gpt-4o',
        messages,
        stream: true,
      });
      const pieces: string[] = [];
      for await (const { choices } of stream) {
        if (choices[0]?.delta.content) pieces.push(choices[0].delta.content);
      }
      expect(pieces).toHaveLength(5);
    }
    expect(servedBy(ptu) + servedBy(payg)).toBe(12);
    const hashes = payg.simulator.stats().records.map(({ bodySha256 }) => bodySha256);
    const asked = new Set(ptu.simulator.stats().records.map(({ bodySha256 }) => bodySha256));
    expect(hashes.filter((hash) => !asked.has(hash))).toEqual([]);
  });

  it('cancels the deployment when it stops reading', async () => {
    const { client, ptu, settled } = await setUp(through, 'never');
    ptu.simulator.configure({ timePerTokenMs: 60_000 });
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      messages,
      stream: true,
    });
    for await (const _chunk of stream) break;
    await settled();
    await expect.poll(() => ptu.simulator.stats().aborted, { interval: 2 }).toBe(1);
  });

  it('throws its own error when all are out of capacity', async () => {
    const { client, payg } = await setUp(through, 'always');
    payg.simulator.configure({ refuse: 'always', retryAfterMs: 7_000 });
    const error = await client.chat.completions
      .create({ model: 'gpt-4o', messages })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    const { headers, code } = error as InstanceType<typeof OpenAI.RateLimitError>;
    expect([code, headers.get('retry-after')]).toEqual(['429', '7']);
  });
});
