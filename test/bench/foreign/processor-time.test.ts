import { describe, expect, it } from 'vitest';
import { microsOf, ticksOf } from './processor-time.ts';

describe('ticksOf', () => {
  const rest = 'S 1 42 42 0 -1 4194560 8512 0 3 0 731 268 5 7 20 0 11 0 5160 1262964736 19712';

  it('adds user and system time, and leaves those of children out', () => {
    expect(ticksOf(`42 (nginx) ${rest}\n`)).toBe(731 + 268);
  });

  it('is not misled by the name of the program', () => {
    expect(ticksOf(`42 (nginx: worker (1) 7 8) ${rest}\n`)).toBe(731 + 268);
  });
});

describe.runIf(process.platform === 'linux')('microsOf', () => {
  it('tells of this process what Node tells of it, to some ticks', () => {
    const { user, system } = process.cpuUsage();
    const micros = microsOf([process.pid]);
    const after = process.cpuUsage();
    expect(micros).toBeGreaterThan(user + system - 100_000);
    expect(micros).toBeLessThan(after.user + after.system + 100_000);
  });

  it('adds up what several processes have used', () => {
    expect(microsOf([process.pid, process.pid])).toBeGreaterThanOrEqual(
      2 * microsOf([process.pid]) - 100_000,
    );
  });
});
