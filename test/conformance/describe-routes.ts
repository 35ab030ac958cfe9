import { describe } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { describeRouteBreakers } from './routes/breakers.ts';
import { describeGates } from './routes/gates.ts';
import { describeRouteLeaving } from './routes/leaving.ts';
import { describeProbes } from './routes/probes.ts';
import { describeSandbox } from './routes/sandbox.ts';
import { describeRouteSurface } from './routes/surface.ts';

/** What every adapter promises of gates, breakers and probes on routes. */
export function describeRoutes(name: string, host: AdapterHost): void {
  describe(`${name}: routes`, () => {
    describeGates(host);
    describeSandbox(host);
    describeRouteLeaving(host);
    describeRouteBreakers(host);
    describeProbes(host);
    describeRouteSurface(host);
  });
}
