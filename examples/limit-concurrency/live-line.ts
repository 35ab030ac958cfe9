import type { ReplayState } from './replay.ts';
import { clockFace, type Scenario } from './scenario.ts';

/** Redraws one line on a terminal; elsewhere, in a log, prints one for every round. */
export function liveLine(out: NodeJS.WriteStream, title: string, scenario: Scenario) {
  let line = '';
  let nextAt = 0;
  return {
    show({ elapsedMs, running, waiting, runs, answered }: ReplayState): void {
      line =
        `  ${title.padEnd(10)} ${clockFace(elapsedMs, scenario)}  ${running} at work, ` +
        `${waiting} in the queue, ${runs} runs so far, ${answered} answered`;
      if (out.isTTY) out.write(`\r\x1b[2K${line}`);
      else if (elapsedMs >= nextAt) {
        nextAt = elapsedMs + scenario.jobMs;
        out.write(`${line}\n`);
      }
    },
    end(): void {
      if (out.isTTY) out.write('\r\x1b[2K');
    },
  };
}
