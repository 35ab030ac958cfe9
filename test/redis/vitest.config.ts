import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What needs redis-server beside Node: `npm run test:redis`. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    include: ['test/redis/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    // Each has processes of its own, and what they are held to includes times.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
