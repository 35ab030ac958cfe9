import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources; what is built is tested from packed tarballs.
  ssr: { resolve: { conditions: ['@spillway/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    typecheck: { enabled: false },
    testTimeout: 20_000,
  },
});
