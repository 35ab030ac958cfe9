import type { ServerResponse } from 'node:http';
import type { ProblemError } from '@spillway/core';

/** A problem as RFC 9457 writes it. */
export interface ProblemBody {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

export function problemBody(problem: ProblemError): ProblemBody {
  const { title, status, detail, code } = problem;
  return { title, status, detail, code };
}

export function problemHeaders(problem: ProblemError, body: string): Record<string, string> {
  return {
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    ...problem.headers,
  };
}

/** The whole answer, for those who write it in a way of their own. */
export function problemAnswer(problem: ProblemError): {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
} {
  const body = JSON.stringify(problemBody(problem));
  return { status: problem.status, headers: problemHeaders(problem, body), body };
}

/** Answers with the problem; a response that has begun can only be cut off, one that has ended is left. */
export function sendProblem(response: ServerResponse, problem: ProblemError): void {
  if (response.writableEnded) return;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = problemAnswer(problem);
  response.writeHead(status, headers);
  response.end(body);
}
