import { vi } from 'vitest';

/** Waits for what no event tells of, by asking again; fails with the last failure. */
export function until(assertion: () => void | Promise<void>, timeoutMs = 5_000): Promise<void> {
  return vi.waitFor(assertion, { interval: 2, timeout: timeoutMs });
}
