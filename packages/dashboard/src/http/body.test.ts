import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { within } from '@spillway/test/support/until.ts';
import { expect, it } from 'vitest';
import { readJson } from './body.ts';

/** A request whose body a parser has read. */
const read = { headers: {}, readableDidRead: true } as IncomingMessage;

it.each<[what: string, parsed: unknown]>([
  ['an object', { durationMs: 5 }],
  ['text', '{"durationMs":5}'],
  ['bytes', Buffer.from('{"durationMs":5}')],
])('takes %s that a parser has left', async (_what, parsed) => {
  expect(await readJson(read, parsed, 100)).toEqual({ durationMs: 5 });
});

it('takes no body for an empty one that a parser has read and thrown away', async () => {
  await expect(readJson(read, undefined, 100)).rejects.toMatchObject({
    problem: { code: 'body_not_json' },
  });
});

it('does not wait for the body of a caller that has left', async () => {
  const request = new IncomingMessage(new Socket());
  request.destroy();
  await once(request, 'close');
  await expect(within(1_000, readJson(request, undefined, 99))).rejects.toMatchObject({
    problem: { code: 'body_not_json' },
  });
});
