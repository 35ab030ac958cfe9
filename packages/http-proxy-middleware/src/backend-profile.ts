import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { HttpBackend } from '@spillway/node-http';

/** What all attempts at one backend have in common. */
export interface BackendProfile {
  /** The options that it was made of. */
  readonly config: HttpBackend['config'];
  readonly url: URL;
  /** The same as httpxy takes it. */
  readonly target: URL;
  /** Its connections, which end with it. */
  readonly agent: Agent;
  /** Its own headers. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Headers of a caller that it is not sent. */
  readonly dropped: ReadonlySet<string>;
}

/** They say where a message ends, whom it is for, and what becomes of its connection. */
export const FRAMING = ['connection', 'content-length', 'host', 'transfer-encoding', 'upgrade'];

/**
 * @param fixed lower-case names of headers that the application sets for every backend
 * @param before of the backend's options before, whose connections go on if they lead to the same origin
 */
export function profileOf(
  backend: HttpBackend,
  fixed: ReadonlySet<string>,
  before?: BackendProfile,
): BackendProfile {
  const { config } = backend;
  const { headers } = config;
  const url = config.url as URL;
  const leadsOn = before?.url.origin === url.origin;
  const agent = leadsOn ? before.agent : agentFor(backend, url);
  if (!leadsOn && before !== undefined) closeIdle(before.agent);
  const dropped = [...backend.notForwarded]
    .filter(([name, fate]) => fate === 'dropped' && !FRAMING.includes(name) && !fixed.has(name))
    .map(([name]) => name);
  return {
    config,
    url,
    target: targetOf(url),
    agent,
    headers: Object.entries(headers),
    dropped: new Set(dropped),
  };
}

function agentFor(backend: HttpBackend, { protocol }: URL): Agent {
  const agent = new (protocol === 'https:' ? SecureAgent : Agent)({ keepAlive: true });
  backend.whenDestroyed(() => agent.destroy());
  return agent;
}

/** Closes its connections: those that are in use when they are idle. */
function closeIdle(agent: Agent): void {
  agent.maxFreeSockets = 0;
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

/**
 * In brackets an address is none to `node:http`; all else of the URL is needed as it is. As in
 * http-proxy-middleware, the unspecified address is this machine.
 */
function targetOf(url: URL): URL {
  if (!url.hostname.startsWith('[')) return url;
  const address = url.hostname.slice(1, -1);
  const hostname = address === '::' ? '::1' : address;
  return Object.defineProperty(new URL(url), 'hostname', { value: hostname });
}
