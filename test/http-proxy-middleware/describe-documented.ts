import { describe } from 'vitest';
import { describeAnswersOfLibrary } from './answers.ts';
import { describeEvents } from './events.ts';
import { describeParsedBodies } from './parsed-bodies.ts';
import { describePathsOfLibrary } from './paths.ts';
import { describePlugins } from './plugins.ts';
import { describeRequestsOfLibrary } from './requests.ts';
import type { Framework, Way } from './setup.ts';
import { describeTargets } from './targets.ts';
import { describeWebSockets } from './websockets.ts';

/** What http-proxy-middleware documents: of the library alone, and of the same before a pool. */
export function describeDocumented(framework: Framework, ways: readonly Way[]): void {
  describe.each(ways)(`${framework.name}, http-proxy-middleware: %s`, (way) => {
    const setup = { framework, way };
    describePathsOfLibrary(setup);
    describeRequestsOfLibrary(setup);
    describeParsedBodies(setup);
    describeAnswersOfLibrary(setup);
    describeEvents(setup);
    describePlugins(setup);
    describeTargets(setup);
    describeWebSockets(setup);
  });
}
