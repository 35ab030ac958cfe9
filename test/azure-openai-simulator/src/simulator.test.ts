import { createHash } from 'node:crypto';
import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { afterEach, expect, it, vi } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from './index.ts';

const clock = new FakeClock();
let simulator: Simulator;
let url: string;

async function start(options: SimulatorOptions = {}): Promise<void> {
  simulator = createSimulator({ clock, ...options });
  url = await simulator.listen();
}

afterEach(() => simulator.close());

const AZURE_PATH = '/openai/deployments/gpt-4o/chat/completions?api-version=2024-02-15-preview';

function post(body: unknown, init: { path?: string; headers?: Record<string, string> } = {}) {
  return fetch(url + (init.path ?? AZURE_PATH), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...init.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const hello = { messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 1_000 };

it('charges the prompt and max_tokens, and tells what remains', async () => {
  await start({ tokensPerMinute: 3_000 });
  const response = await post(hello);
  expect(response.status).toBe(200);
  // 'Say hello.' has 10 characters: 3 tokens.
  expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe('1997');
  expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('2');
  expect(simulator.stats()).toMatchObject({ requests: 1, served: 1, refused: 0, tokens: 1_003 });
});

it('charges 16 tokens where a request names no maximum', async () => {
  await start({ tokensPerMinute: 3_000 });
  const response = await post({ messages: [] });
  expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe('2984');
});

it('answers 429 with the wait as the service words it, and serves again once it is over', async () => {
  await start({ tokensPerMinute: 2_500 });
  await post(hello);
  clock.advance(27_400);
  await post(hello);
  const refused = await post(hello);
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('33');
  expect(refused.headers.get('x-ratelimit-reset-tokens')).toBe('33');
  expect(refused.headers.get('x-ratelimit-limit-tokens')).toBe('2500');
  expect(refused.headers.get('retry-after-ms')).toBeNull();
  const { error } = (await refused.json()) as { error: { code: string; message: string } };
  expect(error.code).toBe('429');
  expect(error.message).toContain(
    'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version ' +
      '2024-02-15-preview have exceeded token rate limit of your current OpenAI S0 pricing tier. ' +
      'Please retry after 33 seconds.',
  );
  expect(simulator.stats()).toMatchObject({ served: 2, refused: 1, tokens: 2_006 });
  clock.advance(32_600);
  expect((await post(hello)).status).toBe(200);
});

it('names the limit of requests when that is what is exceeded', async () => {
  await start({ tokensPerMinute: 1_000 });
  await post({ messages: [] });
  const refused = await post({ messages: [] });
  expect(refused.headers.get('x-ratelimit-reset-requests')).toBe('10');
  expect(await refused.text()).toContain('exceeded call rate limit');
});

const waitHeaderNames = [
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'x-rate-limit-reset-tokens',
];

it.each([
  ['seconds', { 'retry-after': '2', 'x-ratelimit-reset-tokens': '2' }],
  [
    'milliseconds',
    { 'retry-after': '2', 'retry-after-ms': '1500', 'x-ratelimit-reset-tokens': '2' },
  ],
  ['reset-requests', { 'x-ratelimit-reset-requests': '2' }],
  ['reset-tokens', { 'x-ratelimit-reset-tokens': '2' }],
  ['hyphenated', { 'x-rate-limit-reset-tokens': '2' }],
  ['zero', { 'retry-after': '0', 'x-ratelimit-reset-tokens': '0' }],
  ['negative', { 'retry-after': '-1', 'x-ratelimit-reset-tokens': '-1' }],
  ['none', {}],
  ['huge', { 'retry-after': '86400', 'x-ratelimit-reset-tokens': '86400' }],
] as const)(
  'tells the wait in the style %s with exactly these headers',
  async (style, expected) => {
    await start({ refuse: 'always', retryAfterStyle: style, retryAfterMs: 1_500 });
    const { status, headers } = await post(hello);
    expect(status).toBe(429);
    const sent = waitHeaderNames.flatMap((name) =>
      headers.has(name) ? [[name, headers.get(name)]] : [],
    );
    expect(Object.fromEntries(sent)).toEqual(expected);
    if (style === 'none') expect([...headers.keys()].join()).not.toContain('ratelimit');
  },
);

it('tells an HTTP date that is never earlier than the wait', async () => {
  vi.spyOn(Date, 'now').mockReturnValue(Date.UTC(2031, 4, 6, 7, 8, 9, 700));
  await start({ refuse: 'always', retryAfterStyle: 'http-date', retryAfterMs: 1_500 });
  const { headers } = await post(hello);
  vi.restoreAllMocks();
  expect(headers.get('retry-after')).toBe('Tue, 06 May 2031 07:08:12 GMT');
  expect(headers.get('x-ratelimit-reset-tokens')).toBeNull();
});

it('checks the key as a header or as a bearer token', async () => {
  await start({ apiKey: 'right' });
  const statusWith = async (headers: Record<string, string>) =>
    (await post(hello, { headers })).status;
  expect(await statusWith({ 'api-key': 'right' })).toBe(200);
  expect(await statusWith({ authorization: 'Bearer right' })).toBe(200);
  expect(await statusWith({ 'api-key': 'wrong', authorization: 'Bearer right' })).toBe(401);
  const refused = await post(hello);
  expect(refused.status).toBe(401);
  expect(await refused.json()).toMatchObject({ error: { code: '401' } });
  expect(simulator.stats()).toMatchObject({ failed: 2, tokens: 2_006 });
});

it.each([
  [AZURE_PATH, 200],
  ['/openai/v1/chat/completions', 200],
  ['/v1/chat/completions', 200],
  ['/chat/completions', 200],
  ['/openai/deployments/gpt-4o/chat/completions', 404],
  ['/openai/deployments/gpt-4o/completions?api-version=1', 404],
])('answers POST %s with %i', async (path, status) => {
  await start();
  expect((await post(hello, { path })).status).toBe(status);
});

it.each([
  ['base64', 'string'],
  ['float', 'object'],
])('sends embeddings as %s where a request asks for it', async (encoding_format, type) => {
  await start();
  const response = await post({ input: 'lake', encoding_format }, { path: '/v1/embeddings' });
  const { data } = (await response.json()) as { data: [{ embedding: unknown }] };
  expect(typeof data[0].embedding).toBe(type);
});

it('answers 400 to a body that is not JSON, and charges nothing', async () => {
  await start();
  expect((await post('{"messages":')).status).toBe(400);
  expect(simulator.stats()).toMatchObject({ failed: 1, tokens: 0 });
});

it('takes refusals from a queue, one per request, and then serves', async () => {
  await start({ refuse: [429, 'never', 503, 500] });
  const statuses = [];
  for (let index = 0; index < 5; index += 1) statuses.push((await post(hello)).status);
  expect(statuses).toEqual([429, 200, 503, 500, 200]);
});

it('asks a refuse function with the request in its hands', async () => {
  await start({
    refuse: ({ body, path }) => (path === AZURE_PATH && body.includes('hello') ? 429 : undefined),
  });
  expect((await post(hello)).status).toBe(429);
  expect((await post({ messages: [] })).status).toBe(200);
  simulator.configure({ refuse: 'never' });
  expect((await post(hello)).status).toBe(200);
});

it('breaks connections: before an answer, and in the middle of one', async () => {
  await start({ refuse: ['reset', 'cut', 'cut'] });
  await expect(post(hello)).rejects.toThrow();
  const plain = await post(hello);
  expect(plain.status).toBe(200);
  await expect(plain.text()).rejects.toThrow();
  const streamed = await post({ ...hello, stream: true });
  await expect(streamed.text()).rejects.toThrow();
  expect(simulator.stats()).toMatchObject({ served: 0, failed: 3, aborted: 0, running: 0 });
});

it('hangs without an answer until the caller leaves', async () => {
  await start({ refuse: 'hang' });
  const leave = new AbortController();
  const pending = fetch(url + AZURE_PATH, {
    method: 'POST',
    body: JSON.stringify(hello),
    signal: leave.signal,
  });
  await vi.waitFor(() => expect(simulator.stats().running).toBe(1), { interval: 1 });
  leave.abort();
  await expect(pending).rejects.toThrow();
  await vi.waitFor(() => expect(simulator.stats().running).toBe(0), { interval: 1 });
});

it('paces a stream token by token on its clock', async () => {
  const length = [3, 3] as const;
  const pace = { timeToFirstByteMs: 500, timePerTokenMs: 40, timeScale: 0.5 };
  await start({ completionTokens: length, ...pace });
  const before = clock.now();
  const pending = post({ ...hello, stream: true });
  await clock.timerSet();
  clock.advance(249);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(1);
  const response = await pending;
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  for (let token = 0; token < 3; token += 1) {
    await clock.timerSet();
    clock.advance(20);
  }
  const events = (await response.text()).trim().split('\n\n');
  expect(events.at(-1)).toBe('data: [DONE]');
  // Filter results, role, three tokens, the end and [DONE].
  expect(events).toHaveLength(7);
  expect(clock.now() - before).toBe(310);
  expect(simulator.stats().records[0]).toMatchObject({ durationMs: 310, streamed: true });
});

it('stops working for a caller that has left', async () => {
  await start({ timeToFirstByteMs: 1_000 });
  const leave = new AbortController();
  const pending = fetch(url + AZURE_PATH, {
    method: 'POST',
    body: JSON.stringify(hello),
    signal: leave.signal,
  });
  await clock.timerSet();
  leave.abort();
  await expect(pending).rejects.toThrow();
  await vi.waitFor(() => expect(simulator.stats().aborted).toBe(1), { interval: 1 });
  expect(clock.pendingTimers).toBe(0);
});

it('records each request byte for byte, and only the newest', async () => {
  await start({ recordLimit: 2 });
  const body = '{ "messages": [],  "n": 12345678901234567890 }';
  for (const key of ['first', 'second', 'third']) await post(body, { headers: { 'api-key': key } });
  const { records } = simulator.stats();
  expect(records.map(({ headers }) => headers['api-key'])).toEqual(['second', 'third']);
  expect(records[1]).toMatchObject({
    method: 'POST',
    path: AZURE_PATH,
    bodyBytes: body.length,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    status: 200,
    outcome: 'served',
  });
});

it('counts by the second of arrival', async () => {
  await start({ tokensPerMinute: 2_000 });
  const second = Math.ceil(clock.now() / 1_000) * 1_000;
  clock.advance(second - clock.now());
  await post(hello);
  clock.advance(2_999);
  await post(hello);
  expect(simulator.stats().perSecond).toEqual([
    { at: second, requests: 1, served: 1, refused: 0, tokens: 1_003 },
    { at: second + 2_000, requests: 1, served: 0, refused: 1, tokens: 0 },
  ]);
  simulator.reset();
  expect(simulator.stats()).toMatchObject({ requests: 0, perSecond: [], records: [] });
  expect((await post(hello)).status).toBe(200);
});

it('gives the same answers again for the same seed', async () => {
  await start({ seed: 42 });
  const content = async () => {
    const answer = (await (await post(hello)).json()) as {
      choices: [{ message: { content: string } }];
    };
    return answer.choices[0].message.content;
  };
  const first = [await content(), await content()];
  simulator.reset();
  expect([await content(), await content()]).toEqual(first);
  expect(first[0]).not.toBe(first[1]);
});

it.each([
  [{ tokensPerMinute: 0 }, 'simulator.tokensPerMinute must be greater than 0, got 0'],
  [{ timePerTokenMs: -1 }, 'simulator.timePerTokenMs must be at least 0, got -1'],
  [{ retryAfterStyle: 'later' as 'none' }, 'simulator.retryAfterStyle must be one of'],
  [{ tokens: 1 } as object, 'simulator: unknown option tokens'],
])('refuses %o', async (options, message) => {
  await start();
  expect(() => createSimulator(options)).toThrow(message);
});
