import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../errors.ts';
import { readAffinity } from './affinity.ts';
import { hashOf } from './rendezvous.ts';

describe('readAffinity', () => {
  it('finds the key in a header, whatever the case of its name', () => {
    const { keyHashOf: keyOf } = readAffinity({ header: 'X-Serve-Shard-Key' }, 'affinity');
    expect(keyOf({ headers: { 'x-serve-shard-key': 'tenant' } })).toBe(hashOf('tenant'));
    expect(keyOf({ headers: { 'x-serve-shard-key': ['a', 'b'] } })).toBe(hashOf('a, b'));
  });

  it('asks the function, and hashes what it gives', () => {
    const { keyHashOf: keyOf } = readAffinity(
      { key: ({ url }: { url: string }) => url },
      'affinity',
    );
    expect(keyOf({ url: '/a', headers: {} })).toBe(hashOf('/a'));
    expect(readAffinity({ key: () => 42 }, 'affinity').keyHashOf({ headers: {} })).toBe(
      hashOf('42'),
    );
  });

  it.each([undefined, ''])('has no key for %j', (key) => {
    expect(readAffinity({ key: () => key }, 'affinity').keyHashOf({ headers: {} })).toBeUndefined();
    const headers = key === undefined ? {} : { k: key };
    expect(readAffinity({ header: 'k' }, 'affinity').keyHashOf({ headers })).toBeUndefined();
  });

  // Otherwise every request without a key goes to the one backend that 'null' belongs to.
  it('has no key for null', () => {
    expect(
      readAffinity({ key: () => null }, 'affinity').keyHashOf({ headers: {} }),
    ).toBeUndefined();
  });

  it('refuses a promise, which would send every request to one backend', () => {
    const affinity = readAffinity({ key: async () => 'tenant' }, 'pool(chat).affinity');
    expect(() => affinity.keyHashOf({ headers: {} })).toThrow(
      'pool(chat).affinity.key must give the key itself, not a promise',
    );
  });

  it.each([
    [{}, "affinity must have exactly one of 'header', 'cookie' and 'key'"],
    [
      { header: 'a', key: () => 'b' },
      "affinity must have exactly one of 'header', 'cookie' and 'key'",
    ],
    [{ header: '' }, 'affinity.header must be a non-empty string, got ""'],
    [{ header: 'x shard' }, 'affinity.header must be a name that a header may have, got "x shard"'],
    [{ header: 5 }, 'affinity.header must be a non-empty string, got 5'],
    [{ key: 'tenant' }, 'affinity.key must be a function, got "tenant"'],
    [{ head: 'a' }, "affinity.head is not an option; did you mean 'header'?"],
    ['header', 'affinity must be an object, got "header"'],
  ])('refuses %j', (options, message) => {
    const read = () => readAffinity(options, 'affinity');
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(message);
  });
});
