/** What a request asks of its backend. All of it is in the path, so that any process can tell. */
export interface Asked {
  readonly id: number;
  readonly bodyBytes: number;
  readonly answerBytes: number;
  /** In how many writes the answer comes: one at a time, or all at once for 1. */
  readonly pieces: number;
  /** How long the work takes, in milliseconds. */
  readonly workMs: number;
  /** A status with which the one backend whose turn it is refuses the request; 0 for none. */
  readonly refusal: number;
}

export function pathOf(asked: Asked): string {
  const { id, bodyBytes, answerBytes, pieces, workMs, refusal } = asked;
  return `/${id}/${bodyBytes}/${answerBytes}/${pieces}/${workMs}/${refusal}`;
}

/** @param path its last six segments count */
export function readPath(path: string): Asked {
  const [id, bodyBytes, answerBytes, pieces, workMs, refusal] = path
    .split('/')
    .slice(-6)
    .map(Number) as [number, number, number, number, number, number];
  return { id, bodyBytes, answerBytes, pieces, workMs, refusal };
}

/** Names the process that answered: the backend's id and how many processes it has had. */
export const SERVED_BY = 'x-served-by';
/** Carries the credentials that each backend is to get of its own. */
export const BACKEND_KEY = 'x-backend-key';
/** What a caller says of itself: whose slots it takes, how urgent it is, and which backend it keeps to. */
export const KEY = 'x-key';
export const PRIORITY = 'x-priority';
export const SESSION = 'x-session';

export function keyOf(backend: string): string {
  return `key-of-${backend}`;
}
