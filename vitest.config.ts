import { configDefaults, defineConfig } from 'vitest/config';

/** What other tests at work at the same time would make slower than it may be. */
const timed = ['test/acceptance/traffic-shadows.test.ts'];
/** Those need Go and Prometheus, Redis, and Chromium: npm run test:kubernetes, and so on. */
const elsewhere = ['test/kubernetes/**', 'test/redis/**', 'test/browser/**'];

export default defineConfig({
  // Tests run on the sources; what is built is tested from packed tarballs.
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    reporters: ['default', './test/reporter.ts'],
    typecheck: { enabled: false },
    testTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: [
            'packages/*/src/**/*.test.ts',
            'packages/dashboard/page/**/*.test.ts',
            'test/**/*.test.ts',
            'examples/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...elsewhere, ...timed],
          // Much of the time is spent waiting: no core is left out.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: timed, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
