import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** What needs Go and Prometheus, beside Node: `npm run test:kubernetes`. */
export default defineConfig({
  root: join(import.meta.dirname, '../..'),
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    include: ['test/kubernetes/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    // The first one compiles a Go program.
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
