import type { RequestListener } from 'node:http';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import { hangs } from '../support/backend.ts';
import { call } from '../support/caller.ts';
import { startComingBackend } from '../support/coming-backend.ts';
import { expressHost } from '../support/express-host.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { serve } from '../support/serve.ts';
import type { Transport } from './service.ts';
import { OVER_TIME } from './table/over-time.ts';

const TRANSPORTS: readonly Transport[] = [
  { name: 'Express', by: 'proxy', host: expressHost(express) },
  { name: 'Koa', by: 'proxy', host: koaHost(Koa) },
  { name: 'pool.fetch', by: 'fetch', host: expressHost(express) },
  { name: 'http-proxy-middleware', by: 'http-proxy-middleware', host: hpmOnKoa(koaHost(Koa)) },
];
const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE', 'POST'];
const REQUESTS = 400;
const CALLERS = 6;
/** On average, between two changes. */
const REQUESTS_PER_CHANGE = 10;

describe.each(TRANSPORTS)('$name, before another backend, one that', ({ host, by }) => {
  it.each(OVER_TIME)('$name', async ({ breaker, idempotent, POST }) => {
    const random = seededRandom(11);
    const clock = new FakeClock();
    const carriedOut = new Map<string, string[]>();
    const serves =
      (id: string): RequestListener =>
      (request, response) => {
        const number = String(request.headers['x-number']);
        request.resume().on('end', () => {
          carriedOut.set(number, [...(carriedOut.get(number) ?? []), id]);
          setImmediate(() => response.end(id));
        });
      };
    const coming = await startComingBackend(serves('coming'));
    const served = await serve(host, {
      backends: { coming: hangs, spare: serves('spare') },
      each: { coming: { url: coming.url, breaker } },
      spillway: { clock, random },
    });
    const { origin, pool, settled } = served;

    const ask = async (method: string, number: string) => {
      const body = method === 'PUT' || method === 'POST' ? 'x'.repeat(3_000) : undefined;
      const init = { method, headers: { 'x-number': number }, ...(body && { body }) };
      if (by !== 'fetch') return call(origin, '/', init);
      const answer = await pool.fetch('/', init);
      return { status: answer.status, text: await answer.text() };
    };
    const outcomes = new Map<string, Set<number>>(METHODS.map((method) => [method, new Set()]));
    const answeredBy = new Set<string>();
    const posts: string[] = [];
    let begun = 0;
    let changes = 0;
    const caller = async () => {
      while (begun < REQUESTS) {
        const number = String(begun++);
        clock.advance(10);
        if (random() < 1 / REQUESTS_PER_CHANGE) {
          changes++;
          if (coming.listens) coming.go(random() < 0.5 ? 'at once' : 'when it has answered');
          else await coming.come();
        }
        const method = METHODS[Math.floor(random() * METHODS.length)] as string;
        if (method === 'POST') posts.push(number);
        const { status, text } = await ask(method, number);
        outcomes.get(method)?.add(status);
        answeredBy.add(text);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));

    for (const [method, statuses] of outcomes) {
      const promised = [method === 'POST' ? POST : idempotent].flat();
      expect(promised, method).toEqual(expect.arrayContaining([...statuses]));
    }
    for (const number of posts) expect(carriedOut.get(number)?.length ?? 0).toBeLessThanOrEqual(1);
    expect(changes).toBeGreaterThan(REQUESTS / REQUESTS_PER_CHANGE / 2);
    expect([...answeredBy]).toEqual(expect.arrayContaining(['coming', 'spare']));

    await coming.come();
    clock.advance(1_000);
    for (let count = 0; count < 3; count++) expect((await ask('GET', 'last')).text).toBe('coming');
    await settled();
  });
});
