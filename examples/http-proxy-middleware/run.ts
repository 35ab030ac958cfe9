import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'http-proxy-middleware';
import { type Chat, createChat } from './chat.ts';
import { createHub, startChatServer } from './chat-server.ts';
import { User } from './user.ts';

export const ROUNDS = 25;
export const CALLERS = 8;
export const USERS = ['ann', 'ben', 'cleo', 'dan', 'eve', 'finn'];
export const SAID_EACH = 10;
/** How many requests the servers take at once: `a` alone is too small, both together are not. */
const MAX_AT_ONCE = { a: 2, b: 8 };
const PATIENCE_MS = 5_000;

/** An application, as `before.ts` and `after.ts` make it. */
export type CreateApp = (chat: Chat) => {
  readonly app: RequestListener;
  readonly upgrade: RequestHandler['upgrade'];
};

/** What the chat looks like after something has happened. */
export interface Step {
  readonly what: string;
  /** Sockets, as the servers count them. */
  readonly openAtA: number;
  readonly openAtB: number;
  /** As the pool counts them. */
  readonly running: readonly number[];
  readonly turnedAway: number;
  readonly delivered: number;
  /** What would be delivered if everybody were there. */
  readonly wanted: number;
}

export interface Measurements {
  readonly requests: {
    readonly sent: number;
    readonly served: number;
    readonly throttled: number;
    readonly receivedByA: number;
    readonly receivedByB: number;
    readonly refusedByA: number;
    readonly cookies: readonly string[];
    readonly paths: readonly string[];
  };
  readonly chat: readonly Step[];
  /** While `b` is taken out of the pool; empty without a pool. */
  readonly drain: readonly Step[];
  /** Whether `b` was gone when its last socket had closed, and not before. */
  readonly drained: boolean;
}

/** Told of what is going on, now and then. */
export type Watch = (line: string) => void;

export async function run(
  createApp: CreateApp,
  { drains }: { readonly drains: boolean },
  watch: Watch = () => {},
): Promise<Measurements> {
  const hub = createHub();
  const a = await startChatServer('a', hub, MAX_AT_ONCE.a);
  const b = await startChatServer('b', hub, MAX_AT_ONCE.b);
  const { spillway, ...chat } = createChat(a.url, b.url);
  const { app, upgrade } = createApp(chat);
  const server = createServer(app).listen(0, '127.0.0.1');
  server.on('upgrade', upgrade);
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const users = USERS.map((name) => new User(name, origin));

  /** Everybody who is there says something; everybody who is there should hear all of it. */
  async function talk(): Promise<number> {
    const there = users.filter(({ isThere }) => isThere);
    const heardBefore = users.reduce((sum, { heard }) => sum + heard, 0);
    for (const user of there) {
      for (let said = 0; said < SAID_EACH; said++) user.say('hello');
    }
    const wanted = there.length ** 2 * SAID_EACH;
    const heard = () => users.reduce((sum, each) => sum + each.heard, 0) - heardBefore;
    await eventually(() => heard() === wanted);
    return heard();
  }

  async function step(what: string, turnedAway = 0): Promise<Step> {
    const delivered = await talk();
    const there = users.filter(({ isThere }) => isThere).length;
    const running = () => chat.pool.status().backends.map((each) => each.running);
    // A socket that was closed here closes a moment later there.
    await eventually(() => a.openSockets + b.openSockets === there);
    if (drains) await eventually(() => running().reduce((sum, each) => sum + each, 0) === there);
    const { openSockets: openAtA } = a;
    const { openSockets: openAtB } = b;
    const wanted = users.length ** 2 * SAID_EACH;
    watch(`${what}: ${openAtA} sockets at a, ${openAtB} at b, ${delivered} messages delivered`);
    return { what, openAtA, openAtB, running: running(), turnedAway, delivered, wanted };
  }

  /** Tells how many were turned away. */
  async function comeAgain(): Promise<number> {
    await Promise.all(users.map((user) => user.leave()));
    await eventually(() => a.openSockets + b.openSockets === 0);
    const came = await Promise.all(users.map((user) => user.come()));
    return came.filter((each) => !each).length;
  }

  try {
    const answers: { readonly status: number; readonly cookies: readonly string[] }[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const calls = Array.from({ length: CALLERS }, async () => {
        const answer = await fetch(`${origin}/chat/messages`);
        await answer.text();
        answers.push({ status: answer.status, cookies: answer.headers.getSetCookie() });
      });
      await Promise.all(calls);
      watch(`${answers.length} requests, ${a.received} received by a, ${b.received} by b`);
    }
    const ofStatus = (status: number) => answers.filter((each) => each.status === status);
    const themes = answers.flatMap(({ cookies }) => cookies.filter((c) => c.startsWith('theme')));
    const requests = {
      sent: answers.length,
      served: ofStatus(200).length,
      throttled: ofStatus(429).length,
      receivedByA: a.received,
      receivedByB: b.received,
      refusedByA: a.refused,
      cookies: [...new Set(themes)],
    };

    const steps = [await step('six users come', await comeAgain())];
    a.refusesSockets = true;
    steps.push(await step('a refuses sockets: 503', await comeAgain()));
    a.refusesSockets = false;
    steps.push(await step('a takes them again', await comeAgain()));
    await a.die();
    await eventually(() => users.filter(({ isThere }) => isThere).length === b.openSockets);
    const cut = users.filter(({ isThere }) => !isThere);
    const returned = await Promise.all(cut.map((user) => user.come()));
    steps.push(await step('a dies', returned.filter((each) => !each).length));
    await a.comeBack();
    steps.push(await step('a is back', await comeAgain()));

    const drain: Step[] = [];
    let removed = false;
    let drained = drains;
    if (drains) {
      const gone = chat.pool.remove('b', { drain: true }).then(() => {
        removed = true;
      });
      drain.push(await step('b is to be removed'));
      for (const [at, user] of users.entries()) {
        const openBefore = b.openSockets;
        drained &&= openBefore === 0 || !removed;
        await user.leave();
        await eventually(() => a.openSockets + b.openSockets === users.length - 1);
        const wasAtB = b.openSockets < openBefore;
        const turnedAway = (await user.come()) ? 0 : 1;
        if (wasAtB) drain.push(await step(`${USERS[at]} comes again`, turnedAway));
      }
      await gone;
    }
    const paths = [...new Set([...a.paths, ...b.paths])];
    return { requests: { ...requests, paths }, chat: steps, drain, drained };
  } finally {
    await Promise.all(users.map((user) => user.leave()));
    await spillway.shutdown({ server, timeoutMs: 0 });
    for (const each of [a, b]) await each.die();
  }
}

/** Waits for what should soon be true; what is not then shows in the figures. */
async function eventually(isTrue: () => boolean): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  while (!isTrue() && performance.now() < until) await sleep(2);
}
