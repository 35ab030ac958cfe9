import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendJson } from './answer.ts';
import { systemClock } from './clock.ts';
import { Deployment } from './deployment.ts';
import { checkSettings, type SimulatorOptions } from './options.ts';
import { type OpenRecord, RequestLog, type SimulatorStats } from './request-log.ts';

export interface Simulator {
  /** On 127.0.0.1; resolves with the origin, without a slash at its end. */
  listen(port?: number): Promise<string>;
  /** Ends open connections too. */
  close(): Promise<void>;
  /** Changes what is given, from the next request on; what was charged and counted stays. */
  configure(options: Omit<SimulatorOptions, 'clock'>): void;
  stats(): SimulatorStats;
  /** Forgets the requests, the charges and the position in the random numbers; settings stay. */
  reset(): void;
}

/**
 * An Azure OpenAI deployment, seen from outside: chat completions and embeddings, quota, 429s.
 *
 * @example
 * const ptu = createSimulator({ tokensPerMinute: 100_000, retryAfterStyle: 'milliseconds' });
 * const url = await ptu.listen(); // POST `${url}/openai/v1/chat/completions`
 */
export function createSimulator(options: SimulatorOptions = {}): Simulator {
  checkSettings(options);
  const clock = options.clock ?? systemClock;
  const log = new RequestLog();
  const deployment = new Deployment(options, clock, log);

  const server = createServer((request, response) => {
    void receive(request, response);
  });
  // Longer than any caller's pool keeps a socket: the caller ends it, no request is lost to the race.
  server.keepAliveTimeout = 120_000;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = clock.now();
    const { body, complete } = await readBody(request);
    const record = log.open(request, body, at, deployment.settings.recordLimit);
    if (!complete) return log.close(record, 'aborted', clock.now());
    response.once('close', () => log.close(record, outcomeOf(record, response), clock.now()));
    try {
      await deployment.answer(request, body, response, record);
    } catch (error) {
      // A defect of the simulator or of a `refuse` function: seen by the caller, never a hang.
      if (response.headersSent) return void response.destroy();
      record.status = 500;
      sendJson(response, 500, {}, { error: { code: 'simulator', message: String(error) } });
    }
  }

  return {
    listen: (port = 0) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject);
          resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    configure(changes) {
      checkSettings(changes);
      deployment.configure(changes);
    },
    stats: () => log.stats(deployment.settings.recordLimit),
    reset() {
      log.reset();
      deployment.reset();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<{ body: Buffer; complete: boolean }> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk);
  } catch {
    // The caller left while sending; `complete` says so.
  }
  return { body: Buffer.concat(chunks), complete: request.complete };
}

function outcomeOf(record: OpenRecord, response: ServerResponse) {
  if (record.status === 0 || !response.writableFinished) {
    return record.brokenOnPurpose ? 'failed' : 'aborted';
  }
  if (record.status === 200) return 'served';
  return record.status === 429 ? 'refused' : 'failed';
}
