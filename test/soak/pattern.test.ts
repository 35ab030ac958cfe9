import { expect, it } from 'vitest';
import { bytesOf, Comparison } from './pattern.ts';
import { type Asked, pathOf, readPath } from './wire.ts';

it('gives each request bytes of its own, and other ones to its answer', () => {
  const texts = [1, 2, 3, 1_000_000].flatMap((id) => [
    bytesOf(id, 'request', 64).toString(),
    bytesOf(id, 'answer', 64).toString(),
  ]);
  expect(new Set(texts).size).toBe(texts.length);
  expect(bytesOf(3, 'answer', 64)).toEqual(bytesOf(3, 'answer', 100).subarray(0, 64));
});

it.each([
  ['all of it, however it is cut', [10, 50, 40], 0, true],
  ['a byte too few', [10, 89], 0, false],
  ['a byte too many', [101], 0, false],
  ['a part twice', [10, 90], 10, false],
])('compares what comes: %s', (_name, lengths, back, matches) => {
  const bytes = bytesOf(5, 'request', 200);
  const comparison = new Comparison(bytes.subarray(0, 100));
  let at = 0;
  for (const length of lengths) {
    comparison.add(bytes.subarray(at, at + length));
    at += length - back;
  }
  expect(comparison.matches).toBe(matches);
});

it('puts all that a request asks for into its path, wherever that is mounted', () => {
  const asked: Asked = {
    id: 9,
    bodyBytes: 1,
    answerBytes: 20,
    pieces: 4,
    workMs: 3,
    refusal: 429,
  };
  for (const prefix of ['', '/pool', '/fetch?']) {
    expect(readPath(prefix + pathOf(asked))).toEqual(asked);
  }
});
