import { readFileSync } from 'node:fs';
import { programOf } from './programs.ts';

/** What to put before a command so that it stays on its cores; nothing where it may go anywhere. */
export interface Cores {
  /** For what is measured. */
  readonly server: readonly string[];
  /** For the load generator and the backend. */
  readonly rest: readonly string[];
  readonly pinned: boolean;
}

/**
 * Gives the server under measurement a core that the load generator and the backend do not use: it
 * is not moved about, and does not share its caches with those that keep it busy. That takes
 * `taskset` and a second core.
 */
export function placeOnCores(pin: boolean): Cores {
  const taskset = programOf('taskset')?.file;
  const [first, ...others] = pin ? allowedCores() : [];
  if (taskset === undefined || first === undefined || others.length === 0) {
    return { server: [], rest: [], pinned: false };
  }
  return {
    server: [taskset, '-c', String(first)],
    rest: [taskset, '-c', others.join(',')],
    pinned: true,
  };
}

/** The cores that this process may use, from a list such as `0-3,6`. */
function allowedCores(): number[] {
  if (process.platform !== 'linux') return [];
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  return (list?.split(',') ?? []).flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
