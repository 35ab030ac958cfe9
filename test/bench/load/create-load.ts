import { programOf } from '../programs.ts';
import { autocannonLoad } from './autocannon.ts';
import type { LoadGenerator } from './target.ts';
import { wrkLoad } from './wrk.ts';

/**
 * wrk where it is installed, for it takes less of the other core; otherwise autocannon. `before` is
 * the command to start it with, see `cores.ts`.
 */
export function createLoad(before: readonly string[]): LoadGenerator {
  const wrk = programOf('wrk');
  return wrk === undefined ? autocannonLoad(before) : wrkLoad(wrk, before);
}
