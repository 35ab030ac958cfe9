import type { Progress } from '../conduct/conduct.ts';
import { OUTCOMES } from '../kinds.ts';
import { clockFace } from './time.ts';

const MIB = 2 ** 20;
const PRINT_MS = 10_000;

/** Redraws one line on a terminal; elsewhere, in a log, prints one now and then. */
export function liveLine(out: NodeJS.WriteStream): {
  show(progress: Progress): void;
  end(): void;
} {
  let nextAt = 0;
  return {
    show({ sample, strikes }) {
      const { at, ended, heapUsed, rss, outcomes } = sample;
      const others = OUTCOMES.flatMap((outcome, index) => {
        const count = outcomes[index] ?? 0;
        return outcome === 'ok' || count === 0 ? [] : [`${count} ${outcome}`];
      });
      const line =
        `  ${clockFace(at).padStart(5)}  ${ended} requests, ${Math.round((ended / at) * 1_000)} a second; ` +
        `${strikes} strikes; heap ${(heapUsed / MIB).toFixed(1)}, resident ${(rss / MIB).toFixed(0)} MiB; ` +
        others.join(', ');
      if (out.isTTY) out.write(`\r\x1b[2K${line.slice(0, out.columns - 1)}`);
      else if (at >= nextAt) {
        nextAt = at + PRINT_MS;
        out.write(`${line}\n`);
      }
    },
    end() {
      if (out.isTTY) out.write('\r\x1b[2K');
    },
  };
}
