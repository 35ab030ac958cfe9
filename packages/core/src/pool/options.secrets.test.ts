import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { readPoolOptions } from './options.ts';

/** What is said of a pool with one backend that differs from a good one by `part`. */
function problem(part: object): ConfigurationError {
  const backend = { id: 'a', url: 'https://a.test', ...part };
  try {
    readPoolOptions('chat', { backends: [backend] });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return error as ConfigurationError;
  }
  throw new Error('was accepted');
}

describe('a secret', () => {
  const SECRET = 's3cret';

  function expectHidden(part: object, path: string): void {
    const error = problem(part);
    expect(error.path).toBe(`pool(chat).backends[0].${path}`);
    expect(error.rule).not.toBe('');
    expect(`${error.stack} ${String(error.value)} ${JSON.stringify(error)}`).not.toContain(SECRET);
  }

  it.each([
    `https://user:${SECRET}@a.test`,
    `https://${SECRET}@a.test`,
    `http://:${SECRET}@a.test/x`,
  ])('in the URL %j is refused and not shown', (url) => {
    expectHidden({ url }, 'url');
    expectHidden({ url: new URL(url) }, 'url');
  });

  it('in a query is refused and not shown', () => {
    expectHidden({ url: `https://a.test/?code=${SECRET}` }, 'url');
  });

  it.each([`ftp://user:${SECRET}@a.test`, `user:${SECRET}@a.test`, `https://u:${SECRET}@a b`])(
    'in %j, which is no URL of a backend, is not shown',
    (url) => {
      expectHidden({ url }, 'url');
    },
  );

  it('in the query of a URL of another kind is not shown', () => {
    expectHidden({ url: `ftp://a.test/?code=${SECRET}` }, 'url');
  });

  it.each<[Record<string, unknown>, string]>([
    [{ 'api-key': `${SECRET}\n` }, '["api-key"]'],
    [{ 'api-key': `${SECRET}\u{1F600}` }, '["api-key"]'],
    [{ 'api-key': [SECRET] }, '["api-key"]'],
    [{ 'api key': SECRET }, '["api key"]'],
    [{ '': SECRET }, '[""]'],
    [{ 'transfer-encoding': SECRET }, '["transfer-encoding"]'],
    [{ 'Content-Length': SECRET }, '["Content-Length"]'],
    [{ 'api-key': SECRET, 'Api-Key': SECRET }, '["Api-Key"]'],
  ])('in headers %j is never shown', (headers, at) => {
    expectHidden({ headers }, `headers${at}`);
  });

  it.each([SECRET, [SECRET], null])('in place of headers is never shown: %j', (headers) => {
    expectHidden({ headers }, 'headers');
  });

  it('that is missing is said to be: a forgotten environment variable is the usual mistake', () => {
    expect(problem({ headers: { 'api-key': undefined } }).message).toBe(
      'pool(chat).backends[0].headers["api-key"] must be a string that a header may hold, got undefined',
    );
  });
});
