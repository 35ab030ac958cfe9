import { explain, forkFile } from '../processes.ts';
import type { WaitingFigures } from './figures.ts';

/** Measures requests that wait, in a process of its own that can be told to collect garbage. */
export function measureWaiting(before: readonly string[], count: number): Promise<WaitingFigures> {
  const { child, said } = forkFile(new URL('process.ts', import.meta.url), {
    before,
    args: [String(count)],
    execArgv: ['--expose-gc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (figures) => resolve(figures as WaitingFigures));
    child.once('close', () => reject(new Error(explain(said()) || 'The process ended.')));
  });
}
