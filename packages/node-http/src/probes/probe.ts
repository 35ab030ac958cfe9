import type { ServerResponse } from 'node:http';
import type { ProbeFailure } from './checks.ts';

/** What a probe answers with. */
export interface ProbeBody {
  readonly status: 'ok' | 'failed';
  /** Empty when the status is `ok`. */
  readonly failed: readonly ProbeFailure[];
}

export interface ProbeAnswer {
  readonly status: number;
  readonly body: ProbeBody;
}

/** Asks now, every time: an orchestrator acts on what is true at this moment. */
export type Probe = () => Promise<ProbeAnswer>;

export function probeAnswer(status: number, failed: readonly ProbeFailure[]): ProbeAnswer {
  return { status, body: { status: failed.length === 0 ? 'ok' : 'failed', failed } };
}

export const PROBE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
};

export function sendProbe(response: ServerResponse, { status, body }: ProbeAnswer): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { ...PROBE_HEADERS, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
