import { vi } from 'vitest';

/** Waits for what no event tells of, by asking again; fails with the last failure. */
export function until(assertion: () => void | Promise<void>, timeoutMs = 5_000): Promise<void> {
  return vi.waitFor(assertion, { interval: 2, timeout: timeoutMs });
}

/** The promise, or a failure when it takes longer: a hang is then told as what it is. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same for what comes about with the next turns of the event loop, asked at each of them. */
export async function soon(what: string, isSo: () => boolean, timeoutMs = 5_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await turns(1);
  }
}

/** Resolves after so many turns of the event loop: what loopback has brought by now is read by then. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
