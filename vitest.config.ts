import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources; what is built is tested from packed tarballs.
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/dashboard/page/**/*.test.ts',
      'test/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    // Those need Go and Prometheus, Redis, and Chromium: npm run test:kubernetes, and so on.
    exclude: [...configDefaults.exclude, 'test/kubernetes/**', 'test/redis/**', 'test/browser/**'],
    reporters: ['default', './test/reporter.ts'],
    typecheck: { enabled: false },
    testTimeout: 20_000,
    // Much of the time is spent waiting, and all machines that run this have two cores at least.
    maxWorkers: '100%',
  },
});
