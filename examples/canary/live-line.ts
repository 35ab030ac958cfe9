import type { RunState } from './run.ts';
import { clockFace, type Scenario } from './scenario.ts';

const PRINT_MS = 2_000;

/** Redraws one line on a terminal; elsewhere, in a log, prints one now and then. */
export function liveLine(out: NodeJS.WriteStream, title: string, scenario: Scenario) {
  let nextAt = 0;
  let before = { v1: 0, v2: 0 };
  let asked: number | undefined;
  return {
    show({ elapsedMs, answered, failed, share, received }: RunState): void {
      // Counted anew at each step.
      if (share !== asked) before = received;
      asked = share;
      const v2 = received.v2 - before.v2;
      const all = v2 + received.v1 - before.v1;
      const shares =
        share === undefined
          ? `v1 ${received.v1}, v2 ${received.v2}, v3 ${received.v3} requests`
          : `v2 is to get ${percent(share, 0)}, got ${percent(all === 0 ? 0 : v2 / all, 1)}`;
      const line =
        `  ${title.padEnd(8)} ${clockFace(elapsedMs, scenario)}  ` +
        `${answered} answered, ${failed} failed; ${shares}`;
      if (out.isTTY) out.write(`\r\x1b[2K${line}`);
      else if (elapsedMs >= nextAt) {
        nextAt = elapsedMs + PRINT_MS;
        out.write(`${line}\n`);
      }
    },
    end(): void {
      if (out.isTTY) out.write('\r\x1b[2K');
    },
  };
}

export function percent(share: number, digits: number): string {
  return `${(share * 100).toFixed(digits)} %`;
}
