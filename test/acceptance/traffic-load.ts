import { Pool } from 'undici';

/** What the callers saw of all their requests. */
export interface Load {
  /** Answers that were not as they should be, each once. */
  readonly failures: readonly string[];
}

interface LoadRequest {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface LoadOptions {
  readonly origin: string;
  readonly requests: number;
  /** Requests under way at once, each on a connection that is kept. */
  readonly atOnce: number;
  /** Of the request of that number; those with a body are POSTs. */
  readonly request?: (index: number) => LoadRequest;
  /** Called with each body that was answered with 200. */
  readonly answered?: (text: string, index: number) => void;
}

/** Sends so many requests and waits for all answers. */
export async function load(options: LoadOptions): Promise<Load> {
  const { origin, requests, atOnce, request = (): LoadRequest => ({}), answered } = options;
  const client = new Pool(origin, { connections: atOnce });
  const failures = new Set<string>();
  let next = 0;
  const caller = async () => {
    while (next < requests) {
      const index = next++;
      const { path = '/', headers = {}, body: content } = request(index);
      try {
        const method = content === undefined ? 'GET' : 'POST';
        const sent = { path, method, headers, body: content ?? null };
        const { statusCode, body } = await client.request(sent);
        const text = await body.text();
        if (statusCode === 200) answered?.(text, index);
        else failures.add(`${statusCode}: ${text}`);
      } catch (error) {
        failures.add(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  await client.destroy();
  return { failures: [...failures] };
}
