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
  const trustsPeer = () => false; // whether X-Forwarded-Proto and -Host of this request are believed
  const forward = createForward(api, trustsPeer);
  const server = createServer((request, response) => forward(request, response));

  const stop = () => engine.shutdown({ server });

  return { engine, server, stop };
}
