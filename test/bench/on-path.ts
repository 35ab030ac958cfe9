import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program of this name that a shell would start, if there is one. */
export function findOnPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here: look in the next folder.
    }
  }
  return undefined;
}
