import { expect, it } from 'vitest';
import { sharedLimitReport } from './measure-instances.ts';

it.each([
  [undefined, 'there is no redis-server'],
  ['an instance ended (code 1)', 'an instance ended (code 1)'],
])('says why a shared limit was not measured: %s', (outcome, why) => {
  expect(sharedLimitReport(outcome)).toContain(`not measured, for ${why}.`);
});
