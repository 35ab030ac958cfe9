import type { AdapterHost } from '@spillway/test/support/adapter-host.ts';
import { describe } from 'vitest';
import { describeChanges } from './changes.ts';
import { describeReads } from './reads.ts';
import { describeSafety } from './safety.ts';
import { describeStreams } from './streams.ts';

/** The control room's API, alike behind every framework. */
export function describeApi(name: string, host: AdapterHost): void {
  describe(`the control room behind ${name}`, () => {
    describeReads(host);
    describeChanges(host);
    describeStreams(host);
    describeSafety(host);
  });
}
