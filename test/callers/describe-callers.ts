import { describe } from 'vitest';
import type { AdapterHost } from '../support/adapter-host.ts';
import { describeBytes } from './bytes.ts';
import { describeConnections } from './connections.ts';
import { describeControls } from './controls.ts';
import { describeCrowds } from './crowds.ts';
import { useGateway } from './gateway.ts';
import { hosts } from './hosts.ts';
import { describeHugeBodies } from './huge-bodies.ts';
import { describeKeys } from './keys.ts';
import { describeSlow } from './slow.ts';

/**
 * Callers that hurt, whether they mean it or not: what they get, what they cost, and what others notice.
 * @param full with all that no framework has a part in, and in full numbers: once is enough
 */
export function describeCallers(name: string, { full }: { readonly full: boolean }): void {
  describe(name, () => {
    const gateway = useGateway(name, { keepAliveTimeout: 60_000 });
    const strict = useGateway(name, {
      headersTimeout: 1_000,
      requestTimeout: 2_000,
      connectionsCheckingInterval: 100,
    });
    describeSlow(gateway, strict);
    describeCrowds(gateway, strict, full ? 10_000 : 500);
    // Node's own client does not read on when it cannot write on.
    const lost = name.endsWith('http-proxy-middleware') ? ['502'] : [];
    describeHugeBodies(gateway, full ? 1_024 : 64, lost);
    describeBytes(hosts.get(name) as AdapterHost, full);
    if (full) {
      describeKeys(gateway);
      describeConnections(gateway, strict, Math.min(10_000, mostConnections()));
      describeControls(gateway);
    }
  });
}

/** As many as a process may have, less what else it has open. */
function mostConnections(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits: { open_files: { hard: number | 'unlimited' } };
  };
  const { hard } = userLimits.open_files;
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : hard - 1_000;
}
