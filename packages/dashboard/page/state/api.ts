import type { ApiProblem, Change } from '../../src/contract.ts';

/** A change as the API takes it; the path is below the control room's own. */
export interface ChangeRequest {
  readonly method: 'PUT' | 'POST';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The API has refused; what it says is for a person to read. */
export class RefusedError extends Error {
  readonly problem: ApiProblem;

  constructor(problem: ApiProblem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** @throws RefusedError when the API refuses; TypeError when it cannot be reached */
export async function get<T>(path: string): Promise<T> {
  return answerOf<T>(await fetch(path, { cache: 'no-store' }));
}

/** @throws RefusedError when the API refuses; TypeError when it cannot be reached */
export async function send(
  { method, path, body }: ChangeRequest,
  { token, dryRun, signal }: { token: string; dryRun: boolean; signal?: AbortSignal },
): Promise<Change> {
  const response = await fetch(dryRun ? `${path}?dryRun=true` : path, {
    method,
    headers: { 'content-type': 'application/json', 'x-spillway-token': token },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  return answerOf<Change>(response);
}

/** Why an event stream was refused, which its `EventSource` does not tell; `undefined` if it is not any more. */
export async function refusalOf(path: string): Promise<RefusedError | undefined> {
  const asked = new AbortController();
  const response = await fetch(path, { cache: 'no-store', signal: asked.signal });
  if (!response.ok) return new RefusedError(await problemOf(response));
  asked.abort();
  return undefined;
}

async function answerOf<T>(response: Response): Promise<T> {
  if (response.ok) return response.json() as Promise<T>;
  throw new RefusedError(await problemOf(response));
}

/** Something in between may have answered, and in its own way. */
async function problemOf(response: Response): Promise<ApiProblem> {
  const { status } = response;
  const given = (await response.json().catch(() => ({}))) as Partial<ApiProblem>;
  return {
    code: 'internal_error',
    title: response.statusText,
    detail: given.detail ?? given.title ?? `The service answered ${status}.`,
    ...given,
    status,
  };
}
