import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a program is started that may have been unpacked instead of installed. */
export interface Program {
  readonly file: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The program of this name that a shell would start, or else one that only an administrator's
 * would, or else what an `install-tools.sh` has unpacked to a folder of its own.
 */
export function findProgram(name: string, unpacked: string): Program | undefined {
  const installed = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of installed) {
    const file = join(folder, name);
    if (isExecutable(file)) return { file, env: process.env };
  }
  for (const folder of ['usr/bin', 'usr/sbin']) {
    const file = join(unpacked, folder, name);
    if (isExecutable(file)) return { file, env: { ...process.env, ...librariesIn(unpacked) } };
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a program that was unpacked finds the libraries that came with it, if any did. */
function librariesIn(unpacked: string): NodeJS.ProcessEnv {
  const libraries = join(unpacked, 'usr/lib');
  const names = existsSync(libraries) ? readdirSync(libraries) : [];
  const architecture = names.find((name) => name.endsWith('-linux-gnu'));
  return architecture === undefined ? {} : { LD_LIBRARY_PATH: join(libraries, architecture) };
}
