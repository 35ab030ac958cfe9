import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Spillway } from '@spillway/koa';
import { answers, refuses, startBackend } from '@spillway/test/support/backend.ts';
import { call } from '@spillway/test/support/caller.ts';
import type Koa from 'koa';
import { expect, it, onTestFinished } from 'vitest';
import { createApp as createParsing } from './koa-body-parser-example.ts';
import { createApp as createAnswering } from './koa-own-answer-example.ts';

async function listen({ app, spillway }: { app: Koa; spillway: Spillway }): Promise<string> {
  app.silent = true;
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => spillway.shutdown({ server, timeoutMs: 0 }));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('@spillway/koa: a body that a parser has read is sent on as it came', async () => {
  const backend = await startBackend(answers(200, 'served'));
  const origin = await listen(createParsing(backend.url));
  const post = (body: string) =>
    call(origin, '/openai/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      chunkBytes: 7,
    });
  expect((await post('{"model":"gpt-3"}')).status).toBe(400);
  const body = '{"model":"gpt-4o",  "seed":12345678901234567890}';
  expect((await post(body)).text).toBe('served');
  const received = await backend.request();
  expect([received.url, String(await received.body)]).toEqual(['/v1/chat/completions', body]);
});

it("@spillway/koa: an answer in the application's own words", async () => {
  const backend = await startBackend(refuses());
  const origin = await listen(createAnswering(backend.url));
  expect((await call(origin, '/openai')).text).toBe('{"error":{"code":"429"}}');
  await backend.close();
  const { status, json } = await call(origin, '/openai');
  expect([status, json()]).toEqual([
    502,
    { error: { code: 'bad_gateway', message: expect.any(String) } },
  ]);
});
