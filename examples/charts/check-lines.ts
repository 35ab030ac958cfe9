import { styleText } from 'node:util';
import type { Check } from './page.ts';

/** What a run bears out, for a terminal: each claim with its mark, and the details below it. */
export function checkLines(checks: readonly Check[]): string[] {
  return checks.map(({ claim, passed, detail }) => {
    const mark = passed ? styleText('green', '✓') : styleText('red', '✗');
    return `  ${mark} ${claim}\n    ${styleText('dim', detail)}`;
  });
}
