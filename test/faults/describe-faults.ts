import { describe, expect, it, onTestFinished } from 'vitest';
import type { Asking } from './callers.ts';
import type { Fault, Kind, Promises } from './fault.ts';
import { PLACES, type Transport } from './service.ts';
import { type Case, setStage } from './stage.ts';
import { SECTIONS } from './table.ts';

const KINDS: readonly Kind[] = ['GET', 'POST', 'streamed'];
const FRAMINGS: readonly Asking['framing'][] = ['with a length', 'in chunks'];
/** With more ways than that each is shown to one form of a request alone, so that it takes seconds. */
const MANY_WAYS = 10;

/** Every row of the table, kept by this transport; nothing is left behind afterwards. */
export function describeFaults(transport: Transport): void {
  describe(`${transport.name}, when a backend`, () => {
    describe.each(SECTIONS)('$title', ({ faults }) => {
      it.each(faults)('$name', async (fault) => {
        const troubles = watchProcess();
        const promises = promisesOf(fault, transport);
        const stage = await setStage(transport, fault);
        const unkept: string[] = [];
        for (const shown of casesOf(fault, promises)) {
          const { name, place, kind, framing } = shown;
          const called = [name, place, kind, framing].join('; ');
          const promised = [place === 'alone' ? promises.alone : promises[kind]].flat();
          const outcome = await stage.play(shown).catch((error) => {
            throw new Error(called, { cause: error });
          });
          if (!promised.includes(outcome)) unkept.push(`${called}: ${outcome}`);
          await stage.clear();
        }
        expect(unkept).toEqual([]);
        expect(troubles).toEqual([]);
      });
    });
  });
}

function promisesOf(fault: Fault, { by }: Pick<Transport, 'by'>): Promises {
  return by === 'http-proxy-middleware' ? { ...fault, ...fault.behindHttpProxyMiddleware } : fault;
}

interface NamedCase extends Case {
  readonly name: string;
}

/** Each way with each form of a request; where there are many ways, each with one, in turns. */
function casesOf(fault: Fault, promises: Promises): NamedCase[] {
  const askings = KINDS.filter((kind) => promises[kind] !== undefined).flatMap((kind) =>
    FRAMINGS.slice(0, kind === 'GET' ? 1 : 2).map((framing) => ({ kind, framing })),
  );
  const ways = waysOf(fault);
  return ways.flatMap((named, index) => {
    const turn = index % askings.length;
    const shown = ways.length > MANY_WAYS ? askings.slice(turn, turn + 1) : askings;
    return PLACES.flatMap((place) => shown.map((asking) => ({ ...named, place, ...asking })));
  });
}

/** Each script with each thing that is done to the connection before. */
function waysOf({ scripts, kept }: Fault): Pick<NamedCase, 'name' | 'way'>[] {
  const named =
    typeof scripts === 'string' ? [[scripts, undefined] as const] : Object.entries(scripts);
  const befores = kept?.before ?? [undefined];
  const atNexts = kept?.atNext ?? [undefined];
  return named.flatMap(([name, script]) =>
    befores.flatMap((before) =>
      atNexts.map((atNext) => ({ name, way: { script, before, atNext } })),
    ),
  );
}

/** What the process is told of that nobody deals with. */
function watchProcess(): unknown[] {
  const troubles: unknown[] = [];
  const note = (trouble: unknown) => void troubles.push(trouble);
  for (const event of ['warning', 'unhandledRejection', 'uncaughtExceptionMonitor']) {
    process.on(event, note);
    onTestFinished(() => void process.off(event, note));
  }
  return troubles;
}
