import type { Call } from './load.ts';
import { clockFace, type Scenario, untilSpikeMs } from './scenario.ts';

/** What the callers have seen so far, on one line. */
export interface LiveLine {
  count(call: Call): void;
  /** Ends the line and its timer. */
  end(): void;
}

const REDRAW_MS = 100;
const PRINT_MS = 5_000;

/** Redraws one line on a terminal; elsewhere, in a log, prints a line now and then. */
export function liveLine(out: NodeJS.WriteStream, scenario: Scenario): LiveLine {
  const seen = { calls: 0, ptu1: 0, payg1: 0, throttled: 0, failed: 0 };
  const { durationMs, isOpenEnded, users } = scenario;
  const end = isOpenEnded ? '' : `/${clockFace(durationMs, scenario)}`;
  let elapsedMs = 0;

  function show(): void {
    const time = `${clockFace(elapsedMs, scenario)}${end}`;
    const count = untilSpikeMs(elapsedMs, scenario) > 0 ? users.before : users.after;
    const line =
      `  ${time}  ${count} users  ${seen.calls} answered: ptu1 ${seen.ptu1}, payg1 ${seen.payg1}; ` +
      `429: ${seen.throttled}, errors: ${seen.failed}`;
    out.write(out.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
  }

  const timer = setInterval(show, out.isTTY ? REDRAW_MS : PRINT_MS);
  return {
    count({ at, status, backend, error }) {
      elapsedMs = Math.max(elapsedMs, at);
      if (status === 429) seen.throttled += 1;
      else if (error !== undefined) seen.failed += 1;
      else seen.calls += 1;
      if (backend === 'ptu1' || backend === 'payg1') seen[backend] += 1;
    },
    end() {
      clearInterval(timer);
      show();
      if (out.isTTY) out.write('\n');
    },
  };
}
