import { describe } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { describeAffinity } from './affinity.ts';
import { describeAfterNext } from './after-next.ts';
import { describeAnswers } from './answers.ts';
import { describeBodies } from './bodies.ts';
import { describeBreakers } from './breakers.ts';
import { describeForwarding } from './forwarding.ts';
import { describeHandlerBodies } from './handler-bodies.ts';
import { describeHandlers } from './handlers.ts';
import { describeLeaving } from './leaving.ts';
import { describeLimits } from './limits.ts';
import { describeNothingLeft } from './nothing-left.ts';
import { describeParsers } from './parsers.ts';
import { describePaths } from './paths.ts';
import { describeShadows } from './shadows.ts';
import { describeShutdown } from './shutdown.ts';
import { describeSpillover } from './spillover.ts';
import { describeStreams } from './streams.ts';
import { describeSurface } from './surface.ts';
import { describeTimeouts } from './timeouts.ts';
import { describeTraffic } from './traffic.ts';
import { describeUpgrades } from './upgrades.ts';

/** What every adapter promises. Written once, run with real servers by each of them. */
export function describeAdapter(name: string, host: AdapterHost): void {
  describe(name, () => {
    describeSpillover(host);
    describeNothingLeft(host);
    describeBodies(host);
    describeParsers(host);
    describeStreams(host);
    describeLeaving(host);
    describeForwarding(host);
    describeAnswers(host);
    describePaths(host);
    describeAffinity(host);
    describeTraffic(host);
    describeShadows(host);
    describeHandlers(host);
    describeHandlerBodies(host);
    describeUpgrades(host);
    describeLimits(host);
    describeBreakers(host);
    describeTimeouts(host);
    describeSurface(host);
    describeShutdown(host);
    if (host.createApp().around !== undefined) describeAfterNext(host);
  });
}
