import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when a figure has not changed for a while: what was on its way has come to a stop. */
export async function comesToStop(figure: () => number): Promise<number> {
  let last = figure();
  for (let still = 0; still < 10; still++) {
    await delay(25);
    const now = figure();
    if (now !== last) still = 0;
    last = now;
  }
  return last;
}
