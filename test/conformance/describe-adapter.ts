import { describe } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { describeAnswers } from './answers.ts';
import { describeConfiguration } from './configuration.ts';
import { describeTransport } from './describe-transport.ts';
import { describeForwarding } from './forwarding.ts';
import { describePaths } from './paths.ts';

/** What every adapter promises. Written once, run with real servers by each of them. */
export function describeAdapter(name: string, host: AdapterHost): void {
  describe(name, () => {
    describeTransport(host);
    describeForwarding(host);
    describeAnswers(host);
    describePaths(host);
    describeConfiguration(host);
  });
}

/**
 * The same adapter with http-proxy-middleware to make the requests: headers that say who asks, the
 * way paths are joined, and what becomes of an answer's headers are its own there.
 */
export function describeHttpProxyMiddleware(name: string, host: AdapterHost): void {
  describe(`${name} through http-proxy-middleware`, () => describeTransport(host));
}
