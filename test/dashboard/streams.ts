import type { AdapterHost } from '@spillway/test/support/adapter-host.ts';
import { open } from '@spillway/test/support/caller.ts';
import { until, within } from '@spillway/test/support/until.ts';
import { describe, expect, it } from 'vitest';
import { startControlRoom, type TestControlRoom } from './control-room.ts';

export interface Event {
  readonly event: string;
  readonly id?: string;
  readonly data: Record<string, unknown>;
}

/** A reader of server-sent events. */
export async function listen({ origin }: TestControlRoom, path = '/stream', headers = {}) {
  const call = open(origin, `/spillway${path}`, {
    headers: { 'x-user': 'viewer vic', ...headers },
  });
  call.request.end();
  const response = await call.response;
  const events: Event[] = [];
  let text = '';
  let ended = false;
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = Object.fromEntries(
        frame
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields.event === undefined) continue;
      events.push({ ...fields, event: fields.event, data: JSON.parse(fields.data ?? '') });
    }
  });
  response.on('end', () => {
    ended = true;
  });
  const have = (kinds: readonly string[]) =>
    until(() => expect(events.map(({ event }) => event)).toEqual(kinds));
  return { response, events, have, leave: call.leave, hasEnded: () => ended };
}

const viewerOf = (request: unknown) =>
  (request as { headers: Record<string, string | undefined> }).headers['x-user'];

const SETTLED = { timeoutMs: 0 } as const;

/** Server-sent events. */
export function describeStreams(host: AdapterHost): void {
  describe('streams', () => {
    it('the state at once and then every second, for as long as somebody listens', async () => {
      const room = await startControlRoom(host);
      const idle = room.clock.pendingTimers;
      const reader = await listen(room);
      expect(reader.response.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-store, no-transform',
      });
      await reader.have(['status']);
      room.clock.advance(1_000);
      await reader.have(['status', 'status']);
      const [first, second] = reader.events;
      expect(Number(second?.data.at) - Number(first?.data.at)).toBe(1_000);
      reader.leave();
      await until(() => expect(room.clock.pendingTimers).toBe(idle));
    });

    it('points of the charts, and what happens, with the id of its entry', async () => {
      const room = await startControlRoom(host);
      const reader = await listen(room);
      room.pool.breaker('stable').trip({ durationMs: 60_000 });
      await reader.have(['status', 'log']);
      expect(reader.events[1]).toMatchObject({ id: '1', data: { id: 1, kind: 'trip' } });
      room.clock.advance(5_000);
      await until(() => expect(reader.events.map(({ event }) => event)).toContain('point'));
    });

    it('what was missed, to those who come back', async () => {
      const room = await startControlRoom(host);
      for (const canary of [0.1, 0.2, 0.3]) room.pool.setTraffic({ stable: 1 - canary, canary });
      const ids = (reader: Awaited<ReturnType<typeof listen>>) =>
        until(() =>
          expect(reader.events.filter(({ event }) => event === 'log').map(({ id }) => id)).toEqual([
            '2',
            '3',
          ]),
        );
      await ids(await listen(room, '/stream', { 'last-event-id': '1' }));
      await ids(await listen(room, '/stream?lastEventId=1'));
      // Of another process, which counted further.
      const all = await listen(room, '/stream', { 'last-event-id': '99' });
      await all.have(['status', 'log', 'log', 'log']);
      expect((await room.get('/stream?lastEventId=x')).status).toBe(404);
    });

    it('to so many, and no more', async () => {
      const room = await startControlRoom(host, { dashboard: { maxStreams: 2 } });
      const first = await listen(room);
      await listen(room);
      const refused = await room.get('/stream');
      expect([refused.status, refused.json().code]).toEqual([503, 'too_many_streams']);
      expect(refused.headers['retry-after']).toBe('5');
      first.leave();
      await until(async () => {
        const reader = await listen(room);
        expect(reader.response.statusCode).toBe(200);
      });
    });

    it('nothing to those who have left before it was known who they are', async () => {
      const asked = Promise.withResolvers<void>();
      const known = Promise.withResolvers<void>();
      const room = await startControlRoom(host, {
        dashboard: {
          async authorize(request) {
            if (viewerOf(request) !== 'viewer slow') return { name: 'ann', role: 'operator' };
            asked.resolve();
            await known.promise;
            return { name: 'slow', role: 'viewer' };
          },
        },
      });
      const idle = room.clock.pendingTimers;
      const call = open(room.origin, '/spillway/stream', { headers: { 'x-user': 'viewer slow' } });
      call.request.end();
      await asked.promise;
      const sockets = room.sockets.size;
      call.leave();
      await until(() => expect(room.sockets.size).toBe(sockets - 1));
      known.resolve();
      expect((await room.get('/status')).status).toBe(200);
      expect(room.clock.pendingTimers).toBe(idle);
    });

    it('until the service shuts down, which they do not hold up', async () => {
      const room = await startControlRoom(host);
      const reader = await listen(room);
      await reader.have(['status']);
      const over = room.spillway.shutdown({
        server: room.server,
        readinessDelayMs: 500,
        timeoutMs: 60_000,
      });
      await reader.have(['status', 'log']);
      expect(reader.events[1]?.data.kind).toBe('shutdown');
      expect(reader.hasEnded()).toBe(false);
      room.clock.advance(500);
      await until(() => expect(reader.hasEnded()).toBe(true));
      await until(() => {
        // Looks for idle connections every 50 ms.
        room.clock.advance(50);
        expect(room.server.listening).toBe(false);
      });
      await within(5_000, over);
      expect(room.clock.pendingTimers).toBe(0);
    });

    it('nothing to those who come once it shuts down', async () => {
      const room = await startControlRoom(host);
      await room.spillway.shutdown(SETTLED);
      const answer = await room.get('/stream');
      expect([answer.status, answer.json().code]).toEqual([503, 'shutting_down']);
    });
  });
}
