import { join } from 'node:path';
import { findProgram } from '../support/programs.ts';

/** Where `install-tools.sh` puts what it does not install. */
const UNPACKED = join(import.meta.dirname, '.tools');

/** @throws Error when the program is not there, which says how to get it */
export function pathOf(program: 'go' | 'prometheus' | 'promtool'): string {
  const found = findProgram(program, UNPACKED);
  if (found !== undefined) return found.file;
  throw new Error(`these tests need '${program}': run test/kubernetes/install-tools.sh (Debian)`);
}
