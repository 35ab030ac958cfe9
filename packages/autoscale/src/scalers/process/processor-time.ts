import { readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second wherever it tells programs, whatever its kernel's own clock. */
const TICK_MS = 10;

/**
 * Processor time that a process has used since its start, on all its threads, in milliseconds: as
 * the system says, so that the busiest process can be asked, too. `undefined` where it does not say.
 */
export async function processorTimeMs(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, and may hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system] = [Number(fields[11]), Number(fields[12])];
    return Number.isFinite(user + system) ? (user + system) * TICK_MS : undefined;
  } catch {
    return undefined;
  }
}
