import { ConfigurationError } from '@spillway/core';
import { describe, expect, it } from 'vitest';
import { readRedisCoordinatorOptions } from './options.ts';

const url = 'redis://127.0.0.1:6379';
const read = (options: unknown) => readRedisCoordinatorOptions(options, 'redisCoordinator');

describe('the options of redisCoordinator', () => {
  it('have defaults', () => {
    expect(read({ url })).toEqual({
      url,
      client: undefined,
      prefix: 'spillway',
      onUnavailable: 'local',
    });
  });

  it.each([
    [{}, "redisCoordinator must have exactly one of 'url' and 'client'"],
    [{ url, client: { duplicate() {} } }, 'exactly one of'],
    [{ url: 'http://redis' }, `redisCoordinator.url must be a 'redis:' or 'rediss:' URL`],
    [{ url: 6379 }, 'redisCoordinator.url must be'],
    [{ client: {} }, "redisCoordinator.client must have a method 'duplicate'"],
    [{ url, prefix: 'a{b}' }, 'redisCoordinator.prefix must not contain braces, got "a{b}"'],
    [{ url, prefix: '' }, 'redisCoordinator.prefix must be a non-empty string, got ""'],
    [{ url, onUnavailable: 'admit' }, `must be one of 'local', 'reject', got "admit"`],
    [{ url, prefx: 'a' }, "did you mean 'prefix'?"],
  ])('are refused when they are wrong: %j', (options, message) => {
    expect(() => read(options)).toThrow(ConfigurationError);
    expect(() => read(options)).toThrow(message);
  });

  it('show no password in an error', () => {
    expect(() => read({ url: 'https://:secret@redis' })).toThrow(/^(?!.*secret)/);
    expect(() => read({ url: 'redis//:secret@redis' })).toThrow(/^(?!.*secret)/);
  });
});
