import type { Attempt } from './attempt.ts';
import type { RequestBody } from './body/body.ts';
import { StreamedBody } from './body/streamed-body.ts';
import type { FlatHeaders } from './headers.ts';
import type { HttpBackend } from './http-backend.ts';
import { targetPath } from './path.ts';

/** What is sent to a backend, whichever it is. */
export interface Submitted {
  readonly method: string;
  readonly target: string;
  readonly body: RequestBody;
  headersFor(backend: HttpBackend): FlatHeaders;
}

/** Sends an attempt by undici, to its backend's path and with its headers. */
export function submit(submitted: Submitted, attempt: Attempt): void {
  const { backend } = attempt.lease;
  const { method, target, body } = submitted;
  const headers = submitted.headersFor(backend);
  // Of a body that is here as a whole, undici says the length itself.
  if (body instanceof StreamedBody && body.length !== undefined) {
    headers.push('content-length', String(body.length));
  }
  attempt.send(targetPath(backend.basePath, target), method, headers, body);
}
