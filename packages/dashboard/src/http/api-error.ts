import type { ApiProblem, ApiProblemCode } from '../contract.ts';

/** The one table of statuses and titles. */
export const PROBLEMS: Readonly<Record<ApiProblemCode, { status: number; title: string }>> = {
  forbidden: { status: 403, title: 'You may not look at this' },
  authorization_failed: { status: 503, title: 'Who you are could not be found out' },
  not_found: { status: 404, title: 'There is nothing of that name' },
  method_not_allowed: { status: 405, title: 'That cannot be done here' },
  wrong_role: { status: 403, title: 'A viewer cannot change anything' },
  wrong_origin: { status: 403, title: 'Another site has sent this' },
  wrong_content_type: { status: 415, title: 'The body must be JSON' },
  wrong_token: { status: 403, title: 'The token is missing or wrong' },
  too_many_changes: { status: 429, title: 'Too many changes' },
  too_many_streams: { status: 503, title: 'Too many streams are open' },
  body_too_large: { status: 413, title: 'The body is too large' },
  body_not_json: { status: 400, title: 'The body is not JSON' },
  invalid_change: { status: 422, title: 'The change is not valid' },
  impossible_now: { status: 409, title: 'The change is not possible now' },
  page_not_built: { status: 503, title: 'The page is not built' },
  shutting_down: { status: 503, title: 'The service is shutting down' },
  internal_error: { status: 500, title: 'Something went wrong' },
};

export interface ApiErrorDetails extends Pick<ApiProblem, 'option' | 'rule'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why a request to the API is not done, as its caller is told. */
export class ApiError extends Error {
  readonly problem: ApiProblem;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail one sentence for a person, without credentials */
  constructor(code: ApiProblemCode, detail: string, details: ApiErrorDetails = {}) {
    super(detail);
    const { headers = {}, ...more } = details;
    const { status, title } = PROBLEMS[code];
    this.problem = { title, status, detail, code, ...more };
    this.headers = headers;
  }
}
