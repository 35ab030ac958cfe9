import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where `install-tools.sh` puts what it does not install. */
const UNPACKED = join(import.meta.dirname, '.tools/usr/bin');

/** @throws Error when the program is not there, which says how to get it */
export function pathOf(program: 'go' | 'prometheus' | 'promtool'): string {
  const directories = [...(process.env.PATH ?? '').split(delimiter), UNPACKED];
  const found = directories.map((each) => join(each, program)).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(`these tests need '${program}': run test/kubernetes/install-tools.sh (Debian)`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
