import type { HttpPool } from '@spillway/node-http';
import { expect } from 'vitest';
import { answers, sha256, startBackend } from '../support/backend.ts';
import { type RawConnection, requestsOn, startRawBackend } from '../support/raw-backend.ts';
import { sleepingBackend } from '../support/sleeping-backend.ts';
import { soon, turns, within } from '../support/until.ts';
import { type Asking, type Caller, END, type Got, Progress } from './callers.ts';
import type { Act, Fault, Outcome, Script } from './fault.ts';
import { type Place, startService, TIMEOUT_MS, type Transport } from './service.ts';

/** One way in which a fault shows. */
export interface Way {
  readonly script: Script | undefined;
  /** What is done to a connection that is kept, before the request and when it is sent. */
  readonly before: Act | undefined;
  readonly atNext: Act | undefined;
}

export interface Case extends Pick<Asking, 'kind' | 'framing'> {
  readonly way: Way;
  readonly place: Place;
}

export interface Stage {
  /** What the caller gets. Fails where an attempt, a connection or a body is not as it has to be. */
  play(shown: Case): Promise<Outcome>;
  /** Resolves when nothing is left of what was played. */
  clear(): Promise<void>;
}

interface Playing {
  readonly script: Script | undefined;
  readonly progress: Progress;
  /** The script is done with what it does at once. */
  readonly done: PromiseWithResolvers<void>;
  readonly spareAsked: PromiseWithResolvers<void>;
}

const BODY_BYTES = 40;

/** A backend with the fault, and a service that has it alone and before another; one request at a time. */
export async function setStage(transport: Transport, fault: Fault): Promise<Stage> {
  let playing: Playing;
  let connections: RawConnection[] = [];
  let atChoice: (() => void) | undefined;
  const raw = await startRawBackend(async (connection) => {
    const { script, progress, done } = playing;
    const play = { callerHas: (bytes: number) => progress.has(bytes) };
    await script?.(connection, play, connections.push(connection) - 1);
    done.resolve();
  });
  const serves = answers(200, 'spare');
  const spare = await startBackend((...exchange) => {
    playing.spareAsked.resolve();
    return serves(...exchange);
  });
  const service = await startService(transport, {
    faultyUrl: await urlOf(fault, raw.url),
    spareUrl: spare.url,
    atChoice: fault.kept?.atNext && (() => atChoice?.()),
  });
  const beginning = 'beginning'.padEnd(fault.bodyBytes ?? BODY_BYTES, 'x');
  /** How many requests the faulty backend gets, that before on the connection included. */
  const requests = fault.kept === undefined ? 1 : 2;
  const failsAlone = [fault.alone].flat().some(isFailure);
  const areClosed = () => connections.every(({ socket }) => socket.closed);

  /** A first request, so that the next one finds a connection. */
  async function keep(caller: Caller, { before, atNext }: Way): Promise<void> {
    const first = await caller(
      { kind: 'GET', framing: 'with a length', beginning },
      new Progress(),
    );
    expect(first.outcome).toBe(200);
    const connection = connections[0] as RawConnection;
    await before?.(connection);
    // What has been done to it is seen with the next turns of the event loop, and so is that it is free.
    await turns(3);
    atChoice = () => {
      atChoice = undefined;
      atNext?.(connection);
    };
  }

  /** Lets time pass until the faulty backend is given up for what it lacks. */
  async function giveUp(pool: HttpPool, got: Promise<Got>): Promise<void> {
    const faulty = pool.backends[0] as HttpPool['backends'][number];
    if (fault.lacks === 'connection') {
      await soon('it is asked', () => faulty.running === 1);
    } else {
      await soon('it has the request', () => requestsOn(connections) === requests);
      await Promise.race([playing.done.promise, got]);
    }
    while (faulty.running > 0) {
      // In steps, so that what comes meanwhile could prolong it.
      service.clock.advance(TIMEOUT_MS / 2);
      await turns(1);
    }
  }

  return {
    async play({ way, place, kind, framing }) {
      const pool = service.poolFor(place, kind);
      const caller = service.callerFor(place, kind);
      const progress = new Progress();
      const spareAsked = Promise.withResolvers<void>();
      playing = { script: way.script, progress, done: Promise.withResolvers(), spareAsked };
      if (fault.kept !== undefined) await keep(caller, way);

      const received = spare.received.length;
      const attempts = attemptsAt(pool);
      // A small body that says its length is gathered before it is sent.
      const isGathered = kind === 'POST' && framing === 'with a length';
      const after =
        fault.isAnsweredEarly && !isGathered
          ? Promise.race([progress.has(0), spareAsked.promise])
          : undefined;
      const got = caller({ kind, framing, beginning, after }, progress);
      if (fault.lacks !== undefined) await within(5_000, giveUp(pool, got));
      const { outcome, text } = await within(5_000, got);

      // Each backend at most once, and the second only if the first could not serve.
      const isRepeated = text === 'spare';
      await soon('the attempt is over', () => attemptsAt(pool) === attempts + 1);
      expect(requestsOn(connections)).toBeLessThanOrEqual(requests);
      expect(spare.received.length - received).toBe(isRepeated ? 1 : 0);
      if (isRepeated && kind !== 'GET') {
        expect(spare.received.at(-1)?.sha256).toBe(sha256(beginning + END));
      }
      const isWhole = !isRepeated && !isFailure(outcome);
      if (isWhole && fault.body !== undefined) expect(text).toBe(fault.body);
      // A connection that has gone wrong is not used, nor kept, any longer.
      const hasEnded = isWhole ? fault.endsConnection && !isGathered : !isRepeated || failsAlone;
      if (hasEnded) await soon('the connection is closed', areClosed);
      return outcome;
    },
    async clear() {
      for (const { socket } of connections) socket.resume().end();
      await soon('connections have ended', areClosed);
      connections = [];
      await service.atRest();
    },
  };
}

/** No answer, or none that is whole. */
function isFailure(outcome: Outcome): boolean {
  return outcome === 'cut off' || outcome === 502 || outcome === 504;
}

function attemptsAt(pool: HttpPool): number {
  const counts = pool.backends[0]?.outcomes().values() ?? [];
  return [...counts].reduce((sum, count) => sum + count, 0);
}

async function urlOf({ scripts }: Fault, raw: string): Promise<string> {
  // Where only the system itself may listen, and does not.
  if (scripts === 'nobody listens') return 'http://127.0.0.1:1';
  return scripts === 'nobody accepts' ? sleepingBackend() : raw;
}
