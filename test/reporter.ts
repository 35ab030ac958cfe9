import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one line that a person or a machine can look for. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state === 'pending' ? 'skipped' : state]++;
      }
      // A file that could not be loaded is a failure, although it counts no test.
      if (module.state() === 'failed' && module.children.size === 0) count.failed++;
    }
    count.failed += unhandledErrors.length;
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    // Written after the summaries of the other reporters.
    process.on('exit', () => {
      console.log(`tests: ${count.passed} passed, ${count.failed} failed${skipped}`);
    });
  }
}
