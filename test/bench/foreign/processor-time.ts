import { readFileSync } from 'node:fs';

/** The unit of `/proc/<pid>/stat`; Linux has had 100 a second on every common architecture. */
const ticksPerSecond = 100;

/**
 * Processor time that processes have used so far, in microseconds: for those that cannot tell it
 * themselves. Linux only; in steps of 10 ms, one hundredth of a window.
 */
export function microsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  return ticks.reduce((sum, each) => sum + each, 0) * (1e6 / ticksPerSecond);
}

/**
 * User and system time in ticks, of the line in `/proc/<pid>/stat`: its fields 14 and 15. The name
 * of the program, the second one, is in parentheses and may hold spaces and parentheses itself.
 */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
