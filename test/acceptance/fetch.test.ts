import { once } from 'node:events';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { type Answer, answers, hangs, refuses, sha256, startBackend } from '../support/backend.ts';
import { expressHost } from '../support/express-host.ts';
import { serve } from '../support/serve.ts';
import { turns, until, within } from '../support/until.ts';

const host = expressHost(express);
/** The pool alone is of interest here; what it is given by the proxy is the conformance suite's. */
const serveFetch = async (first: Answer, second: Answer = answers(200, 'payg')) => {
  const served = await serve(host, {
    backends: { ptu: first, payg: second },
    each: { ptu: { headers: { 'api-key': 'ptu-key' } } },
    base: '/base',
  });
  return { fetch: served.pool.fetch, ...served };
};

describe('pool.fetch is asked', () => {
  it.each<[string, () => Parameters<typeof fetch>]>([
    ['by a path', () => ['/v1/chat?a=1']],
    ['by a URL as text', () => ['https://api.openai.com/v1/chat?a=1']],
    ['by a URL object', () => [new URL('https://api.openai.com/v1/chat?a=1#fragment')]],
    ['by a Request', () => [new Request('https://api.openai.com/v1/chat?a=1')]],
  ])('%s', async (_, input) => {
    const { fetch, backends } = await serveFetch(refuses());
    const response = await fetch(...input());
    expect([response.status, await response.text()]).toEqual([200, 'payg']);
    expect(response).toBeInstanceOf(Response);
    expect((await backends.payg.request()).url).toBe('/base/v1/chat?a=1');
    expect((await backends.ptu.request()).headers['api-key']).toBe('ptu-key');
    expect((await backends.payg.request()).headers).not.toHaveProperty('api-key');
  });

  it.each<[string, () => RequestInit, string]>([
    ['text', () => ({ body: '{"n":12345678901234567890}' }), '{"n":12345678901234567890}'],
    ['bytes', () => ({ body: new Uint8Array([0, 255, 128]) }), '\0\xff\x80'],
    ['a Blob', () => ({ body: new Blob(['blob']) }), 'blob'],
    ['URLSearchParams', () => ({ body: new URLSearchParams({ a: '1 2' }) }), 'a=1+2'],
    [
      'a stream',
      () => ({ body: new Blob(['streamed']).stream(), duplex: 'half' }) as RequestInit,
      'streamed',
    ],
    [
      'an iterable',
      () => {
        async function* pieces() {
          yield Buffer.from('in ');
          yield Buffer.from('pieces');
        }
        return { body: pieces(), duplex: 'half' } as unknown as RequestInit;
      },
      'in pieces',
    ],
  ])('with a body of %s, the same at every attempt', async (_, init, expected) => {
    const { fetch, backends } = await serveFetch(refuses());
    const response = await fetch('/', { method: 'POST', ...init() });
    expect(response.status).toBe(200);
    for (const { received } of [backends.ptu, backends.payg]) {
      expect((await received[0]?.body)?.toString('latin1')).toBe(expected);
    }
  });

  it('with a form, the same at every attempt', async () => {
    const { fetch, backends } = await serveFetch(refuses());
    const form = new FormData();
    form.set('name', 'ä');
    form.set('file', new Blob([Buffer.alloc(200_000, 'f')]), 'file.bin');
    expect((await fetch('/', { method: 'POST', body: form })).status).toBe(200);
    const [first, second] = [await backends.ptu.request(), await backends.payg.request()];
    expect(first.sha256).toBe(second.sha256);
    expect(first.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(first.bytes).toBeGreaterThan(200_000);
  });

  it('with a Request that has a body and headers, and an init that overrides', async () => {
    const { fetch, backends } = await serveFetch(refuses());
    const headers = new Headers([
      ['x-list', '1'],
      ['x-list', '2'],
      ['content-type', 'application/json'],
    ]);
    const request = new Request('http://any/x', {
      method: 'POST',
      body: 'of the Request',
      headers,
    });
    expect((await fetch(request, { method: 'PUT' })).status).toBe(200);
    const received = await backends.payg.request();
    expect(received).toMatchObject({ method: 'PUT', sha256: sha256('of the Request') });
    expect(received.headers).toMatchObject({
      'x-list': '1, 2',
      'content-type': 'application/json',
    });
  });

  it('and sends a large streamed body once', async () => {
    const { fetch, counts } = await serveFetch(refuses());
    const body = new Blob([Buffer.alloc(3_000_000)]).stream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await fetch('/', init)).status).toBe(429);
    expect(counts()).toEqual({ ptu: 1, payg: 0 });
  });

  it('and rejects, as fetch does, what is no URL', async () => {
    const { fetch } = await serveFetch(answers(200));
    let rejected: unknown;
    expect(() => {
      rejected = fetch('http://[').catch((error: unknown) => error);
    }).not.toThrow();
    expect(await rejected).toBeInstanceOf(TypeError);
  });
});

describe('pool.fetch answers', () => {
  it('in a stream, chunk by chunk', async () => {
    const { fetch, backends } = await serveFetch(refuses(), hangs);
    let write = (_text: string) => {};
    backends.payg.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      write = (text) => void response.write(text);
    };
    const response = await fetch('/', { method: 'POST', body: '{}' });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      write(event);
      expect((await reader?.read())?.value).toBe(event);
    }
    await reader?.cancel();
    expect(await (await backends.payg.request()).closed).toBe('aborted');
  });

  it('no faster than they are read', async () => {
    let sent = 0;
    const { fetch, settled } = await serveFetch(async (_request, response) => {
      for (let chunk = 0; chunk < 300 && !response.destroyed; chunk++) {
        sent++;
        if (!response.write(Buffer.alloc(1_000_000))) await once(response, 'drain').catch(() => {});
      }
    });
    const response = await fetch('/');
    for (let before = -1; before !== sent; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(sent).toBeLessThan(150);
    await response.body?.cancel();
    await settled();
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('decompressed: %s', async (coding, compress) => {
    const { fetch } = await serveFetch(
      answers(200, compress(Buffer.from('{"a":1}')), { 'content-encoding': coding }),
    );
    expect(await (await fetch('/')).json()).toEqual({ a: 1 });
  });

  it.each(['HEAD', 'GET'])('without a body: %s', async (method) => {
    const { fetch } = await serveFetch(refuses(), answers(method === 'GET' ? 204 : 200));
    const response = await fetch('/', { method });
    expect([response.status, await response.text()]).toEqual([method === 'GET' ? 204 : 200, '']);
  });

  it('whole, however slowly, when the backend closes right after its last byte', async () => {
    const body = Buffer.alloc(200_000, 'x');
    const { fetch } = await serveFetch((request, response) => {
      response.writeHead(200, { connection: 'keep-alive', 'content-length': body.length });
      response.end(body);
      request.socket.end();
    });
    const response = await fetch('/');
    let read = 0;
    for await (const chunk of response.body ?? []) {
      read += (chunk as Uint8Array).length;
      await turns(10);
    }
    expect(read).toBe(body.length);
  });

  it('with every cookie', async () => {
    const { fetch } = await serveFetch(answers(200, '', { 'set-cookie': ['a=1', 'b=2'] }));
    expect((await fetch('/')).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('with the problem when no backend can be reached, as any answer', async () => {
    const { fetch, backends } = await serveFetch(answers(200));
    await Promise.all([backends.ptu.close(), backends.payg.close()]);
    const response = await fetch('/', { method: 'POST', body: 'x' });
    expect([response.status, response.ok]).toEqual([502, false]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'bad_gateway', status: 502 });
  });

  it('that break off with an error', async () => {
    const { fetch } = await serveFetch((request, response) => {
      response.writeHead(200, { 'content-length': 99 });
      response.write('half', () => request.socket.destroy());
    });
    const response = await fetch('/');
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  it('503 after shutdown', async () => {
    const { fetch, spillway } = await serveFetch(answers(200));
    await spillway.shutdown();
    const response = await fetch('/');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'shutting_down' });
  });
});

describe('pool.fetch, told to stop,', () => {
  it('before it begins asks nobody', async () => {
    const { fetch, counts } = await serveFetch(answers(200));
    const reason = new Error('the reason');
    await expect(fetch('/', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(counts()).toEqual({ ptu: 0, payg: 0 });
  });

  it('before the head cancels the attempt and gives the reason', async () => {
    const { fetch, backends, counts } = await serveFetch(hangs);
    const controller = new AbortController();
    const fetched = fetch('/', { signal: controller.signal });
    const received = await backends.ptu.request();
    const reason = new Error('the reason');
    controller.abort(reason);
    await expect(fetched).rejects.toBe(reason);
    expect(await received.closed).toBe('aborted');
    expect(counts()).toEqual({ ptu: 1, payg: 0 });
  });

  it('within the answer cancels the attempt and gives the reason', async () => {
    const { fetch, backends } = await serveFetch((_request, response) => {
      response.write('begun');
    });
    const controller = new AbortController();
    const response = await fetch('/', { signal: controller.signal });
    controller.abort();
    await expect(response.text()).rejects.toThrow('aborted');
    expect(await (await backends.ptu.request()).closed).toBe('aborted');
  });

  it('by a timeout, within an upload, cancels the attempt', async () => {
    const { fetch, backends } = await serveFetch(hangs);
    const controller = new AbortController();
    const body = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('begun')) });
    const init = { method: 'POST', body, duplex: 'half', signal: controller.signal } as RequestInit;
    const fetched = fetch('/', init);
    await until(async () => expect((await backends.ptu.request()).bytes).toBe(5));
    controller.abort();
    await expect(fetched).rejects.toThrow('aborted');
    expect(await (await backends.ptu.request()).closed).toBe('aborted');
  });

  it('by an early answer, reads no more of a body without end', async () => {
    const { fetch } = await serveFetch((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large');
    });
    let pulled = 0;
    const body = new ReadableStream({
      async pull(stream) {
        pulled++;
        await new Promise((resolve) => setImmediate(resolve));
        stream.enqueue(Buffer.alloc(1_000));
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await within(3_000, fetch('/', init));
    expect([response.status, await response.text()]).toEqual([413, 'too large']);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = pulled;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(pulled).toBe(before);
  });
});

describe('pool.fetch follows redirects', () => {
  it('to the same origin, through the pool', async () => {
    const { fetch, backends } = await serveFetch((request, response) => {
      if (request.url === '/base/new?a=1') response.end('found');
      else response.writeHead(307, { location: '/new?a=1' }).end();
    });
    const response = await fetch('/old', { method: 'POST', body: 'kept' });
    expect([response.status, response.redirected]).toEqual([200, true]);
    expect(await response.text()).toBe('found');
    const received = await backends.ptu.request(1);
    expect([received.headers['api-key'], String(await received.body)]).toEqual(['ptu-key', 'kept']);
  });

  it("to another origin, without any backend's credentials", async () => {
    const elsewhere = await startBackend(answers(200, 'elsewhere'));
    const { fetch } = await serveFetch(answers(302, '', { location: `${elsewhere.url}/x` }));
    const response = await fetch('/', { headers: { authorization: 'Bearer caller' } });
    expect(await response.text()).toBe('elsewhere');
    const { headers } = await elsewhere.request();
    expect(headers).not.toHaveProperty('api-key');
    expect(headers).not.toHaveProperty('authorization');
  });

  it('or not, if told so', async () => {
    const { fetch } = await serveFetch(answers(302, '', { location: '/x' }));
    const response = await fetch('/', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, '/x']);
    await expect(fetch('/', { redirect: 'error' })).rejects.toThrow(TypeError);
  });
});
