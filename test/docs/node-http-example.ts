import { createServer } from 'node:http';
import { createForward, Engine } from '@spillway/node-http';

export function createGateway(stableUrl: string, canaryUrl: string) {
  const engine = new Engine({ logger: console });
  const api = engine.pool('api', {
    backends: [
      { id: 'stable', url: stableUrl, weight: 95 },
      { id: 'canary', url: canaryUrl, weight: 5 },
    ],
  });
  const forward = createForward(api);
  const host = { trustsPeer: () => false }; // whether X-Forwarded-Proto and -Host are believed
  const server = createServer((request, response) => forward(request, response, host));

  const stop = () => engine.shutdown({ server });

  return { engine, server, stop };
}
