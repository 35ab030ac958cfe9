import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAffinity } from './affinity.ts';
import { type AffinityCookie, readAffinityCookie } from './affinity-cookie.ts';
import { hashOf } from './rendezvous.ts';

const cookie = (options: unknown): AffinityCookie => readAffinityCookie(options, 'cookie');

describe('a cookie for affinity', () => {
  it.each<[string | undefined, string | undefined]>([
    ['sid=a', 'a'],
    ['x=1; sid=a; y=2', 'a'],
    ['x=1;sid=a', 'a'],
    ['x=1;\t sid=a=b', 'a=b'],
    ['sid=a; sid=b', 'a'],
    ['xsid=no; sid=yes', 'yes'],
    ['sidx=no', undefined],
    ['x=sid=no', undefined],
    ['x="; y=sid=no"', undefined],
    ['sid', undefined],
    ['sid=', undefined],
    ['SID=a', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('is found in %j: %j', (header, value) => {
    expect(cookie('sid').valueIn(header)).toBe(value);
  });

  it('is found among any others', () => {
    const token = fc.stringMatching(/^[a-z0-9]{1,6}$/);
    const pairs = fc.array(fc.tuple(token, token), { maxLength: 6 });
    fc.assert(
      fc.property(pairs, pairs, token, (before, after, value) => {
        const others = [...before, ...after].filter(([name]) => name === 'sid').length;
        fc.pre(others === 0);
        const all = [...before, ['sid', value], ...after];
        const header = all.map(([name, content]) => `${name}=${content}`).join('; ');
        expect(cookie('sid').valueIn(header)).toBe(value);
      }),
    );
  });

  it('binds a request by its value', () => {
    const affinity = readAffinity({ cookie: 'sid' }, 'affinity');
    expect(affinity.keyHashOf({ headers: { cookie: 'a=b; sid=me' } })).toBe(hashOf('me'));
    expect(affinity.keyHashOf({ headers: {} })).toBeUndefined();
  });

  it('is issued with a value of its own each time, for which the request is bound already', () => {
    const first = cookie('sid').issue();
    const second = cookie('sid').issue();
    const value = cookie('sid').valueIn(first.setCookie(false).split(';')[0]) ?? '';
    expect(first.hash).toBe(hashOf(value));
    expect(first.hash).not.toBe(second.hash);
    expect(value).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[unknown, boolean, string]>([
    ['sid', false, '; Path=/; HttpOnly; SameSite=Lax'],
    ['sid', true, '; Path=/; HttpOnly; SameSite=Lax; Secure'],
    [{ name: 'sid', secure: true }, false, '; Path=/; HttpOnly; SameSite=Lax; Secure'],
    [{ name: 'sid', secure: false }, true, '; Path=/; HttpOnly; SameSite=Lax'],
    [
      { name: 'sid', path: '/shop', domain: 'example.com', maxAgeMs: 1_500 },
      false,
      '; Path=/shop; Domain=example.com; Max-Age=2; HttpOnly; SameSite=Lax',
    ],
  ])('has the attributes of %j, by https: %j', (options, https, attributes) => {
    const header = cookie(options).issue().setCookie(https);
    expect(header.slice(header.indexOf(';'))).toBe(attributes);
  });

  it.each<[unknown, string]>([
    ['', 'cookie must be a non-empty string, got ""'],
    ['a b', 'cookie must be a name that a cookie may have, got "a b"'],
    [{}, 'cookie.name must be a non-empty string, got undefined'],
    [{ name: 'sid', path: '/;x' }, "cookie.path must be free of ';'"],
    [{ name: 'sid', maxAgeMs: 0 }, 'cookie.maxAgeMs must be'],
    [{ name: 'sid', secret: 'x' }, 'cookie.secret is not an option'],
    [7, 'cookie must be an object, got 7'],
  ])('refuses %j', (options, message) => {
    expect(() => cookie(options)).toThrow(message);
  });
});
