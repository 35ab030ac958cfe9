import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources; what is built is tested from packed tarballs.
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    // Those need Go and Prometheus, and Redis: npm run test:kubernetes, npm run test:redis.
    exclude: [...configDefaults.exclude, 'test/kubernetes/**', 'test/redis/**'],
    reporters: ['default', './test/reporter.ts'],
    typecheck: { enabled: false },
    testTimeout: 20_000,
  },
});
