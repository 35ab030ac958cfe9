import { expect, it, onTestFinished, vi } from 'vitest';
import { Room } from './room.ts';

/** What a browser's `EventSource` does is for the test to say. */
class ScriptedSource extends EventTarget {
  static readonly CLOSED = 2;
  readyState = 1;
  onopen?: () => void;
  onerror?: () => void;

  close(): void {
    this.readyState = ScriptedSource.CLOSED;
  }

  tell(name: string, data: object): void {
    this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data) }));
  }
}

/** A room that listens, on a clock that stands still. */
function enterRoom() {
  const sources: ScriptedSource[] = [];
  /** The answer to why a stream was refused. */
  const why = Promise.withResolvers<Response>();
  vi.useFakeTimers();
  vi.stubGlobal(
    'EventSource',
    class extends ScriptedSource {
      constructor() {
        super();
        sources.push(this);
      }
    },
  );
  vi.stubGlobal('fetch', async (path: string) =>
    path === 'stream' ? why.promise : Response.json({ points: [], entries: [] }),
  );
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
  const room = new Room();
  room.enter();
  const open = async (source: ScriptedSource | undefined) => {
    source?.onopen?.();
    source?.tell('status', {});
    await vi.advanceTimersByTimeAsync(0);
  };
  return { room, sources, why, open };
}

it('keeps a connection that is live when one before it turns out to have been refused', async () => {
  const { room, sources, why, open } = enterRoom();
  await open(sources[0]);
  expect(room.link.value).toBe('live');
  sources[0]?.close();
  sources[0]?.onerror?.();
  await vi.advanceTimersByTimeAsync(16_000);
  await open(sources[1]);
  expect(room.link.value).toBe('live');
  why.reject(new TypeError('there was no answer'));
  await vi.advanceTimersByTimeAsync(0);
  expect([room.link.value, sources[1]?.readyState]).toEqual(['live', 1]);
});
