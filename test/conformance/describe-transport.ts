import type { AdapterHost } from '../support/adapter-host.ts';
import { describeAffinity } from './affinity.ts';
import { describeAfterNext } from './after-next.ts';
import { describeBodies } from './bodies.ts';
import { describeBreakers } from './breakers.ts';
import { describeHandlerBodies } from './handler-bodies.ts';
import { describeHandlers } from './handlers.ts';
import { describeLeaving } from './leaving.ts';
import { describeLimits } from './limits.ts';
import { describeNothingLeft } from './nothing-left.ts';
import { describeParsers } from './parsers.ts';
import { describeReconfiguration } from './reconfiguration.ts';
import { describeShadows } from './shadows.ts';
import { describeShutdown } from './shutdown.ts';
import { describeSlowCallers } from './slow-callers.ts';
import { describeSpillover } from './spillover.ts';
import { describeStreams } from './streams.ts';
import { describeSurface } from './surface.ts';
import { describeTimeouts } from './timeouts.ts';
import { describeTraffic } from './traffic.ts';
import { describeUpgrades } from './upgrades.ts';

/** What is promised of a pool whatever makes its requests. */
export function describeTransport(host: AdapterHost): void {
  describeSpillover(host);
  describeNothingLeft(host);
  describeBodies(host);
  describeParsers(host);
  describeStreams(host);
  describeLeaving(host);
  describeAffinity(host);
  describeTraffic(host);
  describeReconfiguration(host);
  describeShadows(host);
  describeHandlers(host);
  describeHandlerBodies(host);
  describeUpgrades(host);
  describeLimits(host);
  describeBreakers(host);
  describeTimeouts(host);
  describeSlowCallers(host);
  describeSurface(host);
  describeShutdown(host);
  if (host.createApp().around !== undefined) describeAfterNext(host);
}
