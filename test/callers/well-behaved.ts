import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

const EVERY_MS = 10;

/**
 * Has a well-behaved caller send one request after another, to a route and through pools, while
 * others do theirs; all of its requests must be answered with 200.
 * @param full a path whose queue the others fill: there it may be refused, by 429
 */
export async function othersAreServed<T>(
  origin: string,
  harm: () => Promise<T>,
  full?: string,
): Promise<T> {
  let over = false;
  const seen = new Map<string, number>();
  const caller = async () => {
    const paths = ['/limited', '/proxy/', '/few/', '/keyed'];
    for (let index = 0; !over || index < paths.length; index++) {
      const path = paths[index % paths.length] as string;
      const outcome = `${path} ${await post(origin + path).catch(String)}`;
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      await delay(EVERY_MS);
    }
  };
  const calling = caller();
  try {
    return await harm();
  } finally {
    over = true;
    await calling;
    const failures = [...seen].filter(
      ([outcome]) => !outcome.endsWith(' 200') && outcome !== `${full} 429`,
    );
    expect(failures).toEqual([]);
  }
}

/** Sends a small body on a connection of its own; resolves with the status once the answer is whole. */
async function post(url: string): Promise<number> {
  const sent = request(url, { method: 'POST', agent: false });
  sent.end('well');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await response.toArray();
  return response.statusCode as number;
}
