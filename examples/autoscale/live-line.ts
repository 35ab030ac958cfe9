import { percent, seconds } from './format.ts';
import type { Call } from './load.ts';
import type { Sample } from './run.ts';

/** What is seen so far, on one line. */
export interface LiveLine {
  call(call: Call): void;
  sample(sample: Sample): void;
  end(): void;
}

const PRINT_MS = 4_000;

/** Redraws one line on a terminal; elsewhere, in a log, prints one now and then, and at each scaling. */
export function liveLine(out: NodeJS.WriteStream): LiveLine {
  let answered = 0;
  let failed = 0;
  let nextAt = 0;
  return {
    call({ status }) {
      if (status === 200) answered++;
      else failed++;
    },
    sample({ at, decision, use }) {
      const { action, reason, count, scaleOutAverage } = decision;
      const each = Object.values(use).map(percent).join(' + ') || '–';
      const average =
        scaleOutAverage === undefined ? '' : `, ${percent(scaleOutAverage)} on average`;
      const line =
        `  ${seconds(at).padStart(6)}  ${count} × ${each}${average}: ${action}, ${reason}; ` +
        `${answered} answered, ${failed} failed`;
      if (out.isTTY) out.write(`\r\x1b[2K${line.slice(0, out.columns - 1)}`);
      else if (at >= nextAt || action !== 'hold') {
        nextAt = at + PRINT_MS;
        out.write(`${line}\n`);
      }
    },
    end() {
      if (out.isTTY) out.write('\r\x1b[2K');
    },
  };
}
