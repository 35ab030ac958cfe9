import type { ServerResponse } from 'node:http';
import type { Clock } from './clock.ts';
import { type Completion, completionBody, completionChunks } from './completion.ts';
import type { RequestBody } from './cost.ts';

/** How fast a completion comes, in real milliseconds. */
export interface Pace {
  readonly clock: Clock;
  readonly timeToFirstByteMs: number;
  readonly timePerTokenMs: number;
  /** Ends the connection halfway through the body. */
  readonly cut: boolean;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: object,
  cut = false,
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  const type = 'application/json; charset=utf-8';
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  if (!cut) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
}

/** The whole completion at once, after the time that all of its tokens take. */
export async function sendPlain(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  completion: Completion,
  pace: Pace,
): Promise<void> {
  const takesMs = pace.timeToFirstByteMs + completion.tokens.length * pace.timePerTokenMs;
  if (!(await pauseUntil(pace.clock.now() + takesMs, pace.clock, response))) return;
  sendJson(response, 200, headers, completionBody(completion), pace.cut);
}

/** Server-sent events, one per token; the head leaves with the first of them. */
export async function sendStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  completion: Completion,
  body: RequestBody,
  pace: Pace,
): Promise<void> {
  const chunks = [...completionChunks(completion, body)];
  const lastIndex = pace.cut ? chunks.length >> 1 : Infinity;
  // Due times add up, not delays: timers fire late, and tokens may be less than a millisecond apart.
  let dueAt = pace.clock.now() + pace.timeToFirstByteMs;
  if (!(await pauseUntil(dueAt, pace.clock, response))) return;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
  for (const [index, chunk] of chunks.entries()) {
    const isToken = index >= 2 && index < 2 + completion.tokens.length;
    if (isToken) dueAt += pace.timePerTokenMs;
    if (!(await pauseUntil(dueAt, pace.clock, response))) return;
    const event = `data: ${JSON.stringify(chunk)}\n\n`;
    if (index === lastIndex) return void response.write(event, () => response.destroy());
    response.write(event);
  }
  response.end('data: [DONE]\n\n');
}

/** Resolves with false as soon as the caller has left, and then leaves no timer behind. */
function pauseUntil(dueAt: number, clock: Clock, response: ServerResponse): Promise<boolean> {
  const delayMs = dueAt - clock.now();
  if (delayMs <= 0 || response.destroyed) return Promise.resolve(!response.destroyed);
  return new Promise((resolve) => {
    const leave = () => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.setTimer(() => {
      response.off('close', leave);
      resolve(true);
    }, delayMs);
    response.once('close', leave);
  });
}
