import { join } from 'node:path';
import { findProgram, type Program } from '../support/programs.ts';

const unpacked = join(import.meta.dirname, '.tools');

/** A program that is installed, or that `install-tools.sh` has unpacked. */
export function programOf(name: string): Program | undefined {
  return findProgram(name, unpacked);
}
