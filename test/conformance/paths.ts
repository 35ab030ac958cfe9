import { describe, expect, it } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { answers } from '../support/backend.ts';
import { call, rawCall } from '../support/caller.ts';
import { serve } from '../support/serve.ts';

/** Rule 15: the path after the mount path, appended to the backend's own and never leaving it. */
export function describePaths(host: AdapterHost): void {
  const at = (mount: string, base: string) =>
    serve(host, {
      backends: { only: answers(200) },
      app({ app, spillway, pool }) {
        app.mount(mount, spillway.proxy(pool));
      },
      base,
    });

  describe('paths', () => {
    it.each([
      ['/', '', '/', '/'],
      ['/', '', '/a/b?c=d&c=e%20f', '/a/b?c=d&c=e%20f'],
      ['/', '', '/?', '/?'],
      ['/', '', '//evil.example/x', '//evil.example/x'],
      ['/', '', '/a//b///', '/a//b///'],
      ['/', '', '/%C3%A4/%e4/a%20b/%3F%23', '/%C3%A4/%e4/a%20b/%3F%23'],
      ['/', '', '/?q=../../x&u=http://a/..%2f', '/?q=../../x&u=http://a/..%2f'],
      ['/', '', '/a:b@c/$&+,;=\'()*![]|"', '/a:b@c/$&+,;=\'()*![]|"'],
      ['/', '/base', '/', '/base/'],
      ['/', '/base/', '/x', '/base/x'],
      ['/openai', '', '/openai', '/'],
      ['/openai', '', '/openai?a=1', '/?a=1'],
      ['/openai', '/v1', '/openai/chat?a=1', '/v1/chat?a=1'],
      ['/openai', '/v1', '/openai/', '/v1/'],
      ['/', '/base', '/.hidden/..x/x..', '/base/.hidden/..x/x..'],
      ['/', '/base', '/a/%2Fb', '/base/a/%2Fb'],
    ])('mounted at %s before %s: %s is asked for as %s', async (mount, base, path, expected) => {
      const { origin, backends } = await at(mount, base);
      expect((await call(origin, path)).status).toBe(200);
      expect((await backends.only.request()).url).toBe(expected);
    });

    it.each([
      '/../admin',
      '/..',
      '/x/../../admin',
      '/%2e%2e/admin',
      '/%2E%2e/admin',
      '/.%2e/admin',
      '/%2e./admin',
      '/..%2fadmin',
      '/..%2Fadmin',
      '/x%2f..%2f..%2fadmin',
      '/..%5cadmin',
      '/..\\admin',
      '/\\..\\admin',
      '/%252e%252e/admin',
      '/%252e%252e%252fadmin',
      '/%25252e%25252e/admin',
      '/x/..;/../admin',
      '/..;x=1/admin',
      '/..?q',
      '/..#x',
    ])('never leave the path of the backend: %s', async (path) => {
      const { origin, backends } = await at('/openai', '/v1/base');
      const { status } = await call(origin, `/openai${path}`);
      const asked = backends.only.received[0]?.url;
      // Refused is as good as resolved.
      if (asked === undefined) expect(status).toBeGreaterThanOrEqual(400);
      else expect(normalized(asked)).toMatch(/^\/v1\/base(\/|$)/);
    });

    it.each([
      ['GET http://other.example/x/y?z=1 HTTP/1.1', '/base/x/y?z=1'],
      ['GET http://other.example HTTP/1.1', '/base/'],
      ['OPTIONS * HTTP/1.1', '/base/'],
    ])('of another form: %s', async (line, expected) => {
      const { origin, backends } = await at('/', '/base');
      const answer = await rawCall(origin, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      const received = await backends.only.request();
      expect(received.url).toBe(expected);
      expect(received.headers.host).toBe(new URL(backends.only.url).host);
    });
  });
}

/** The path as the most generous backend may understand it. */
function normalized(url: string): string {
  let path = url.replace(/[?#].*$/, '');
  for (let before = ''; before !== path; ) {
    before = path;
    path = path
      .replace(/%25/g, '%')
      .replace(/%2e/gi, '.')
      .replace(/%2f|%5c|\\/gi, '/');
  }
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    const name = segment.replace(/;.*$/, '');
    if (name === '..') kept.pop();
    else if (name !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
