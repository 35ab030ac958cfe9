import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What needs Chromium beside Node, and the page as it is built: `npm run test:browser`. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    include: ['test/browser/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    // Each has a browser of its own.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
});
