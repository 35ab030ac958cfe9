import type { Fault, Kind, Promised, Promises } from './fault.ts';
import { OVER_TIME } from './table/over-time.ts';
import { SECTIONS } from './table.ts';

const KINDS: readonly Kind[] = ['GET', 'POST', 'streamed'];

/** The tables of docs/faults.md: by heading, their rows. */
export function tablesOfFaults(): Record<string, readonly string[][]> {
  const differing = SECTIONS.flatMap(({ faults }) => faults).flatMap(
    ({ name, behindHttpProxyMiddleware: differs, ...fault }) =>
      differs === undefined ? [] : [rowOf({ ...fault, ...differs, name })],
  );
  return {
    ...Object.fromEntries(SECTIONS.map(({ title, faults }) => [title, faults.map(rowOf)])),
    'Over many requests': OVER_TIME.map(({ name, idempotent, POST, why }) => [
      name,
      cell(idempotent),
      cell(POST),
      why,
    ]),
    'Behind http-proxy-middleware': differing,
  };
}

function rowOf({
  name,
  why,
  alone,
  ...promises
}: Pick<Fault, 'name' | 'why'> & Promises): string[] {
  return [name, cell(alone), ...KINDS.map((kind) => cell(promises[kind])), why];
}

function cell(promised: Promised | undefined): string {
  return promised === undefined ? '–' : [promised].flat().join(' or ');
}
