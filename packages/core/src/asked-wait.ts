/** Response headers by lower-case name, as undici and `node:http` give them. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * How long an answer asks its caller to wait, in milliseconds; `undefined` when it does not say.
 *
 * The first that can be read of `retry-after-ms`, `Retry-After` (seconds or an HTTP date, RFC 9110
 * §10.2.3), `x-ratelimit-reset-requests` and `x-ratelimit-reset-tokens`, the last one also as the
 * `x-rate-limit-reset-tokens` that some deployments send. Zero, negative and unreadable values are
 * as absent: all of them have been seen.
 */
export function askedWaitMs(headers: AnswerHeaders): number | undefined {
  return (
    positive(single(headers['retry-after-ms']), 1) ??
    retryAfterMs(single(headers['retry-after']), single(headers.date)) ??
    resetMs(single(headers['x-ratelimit-reset-requests'])) ??
    resetMs(single(headers['x-ratelimit-reset-tokens'])) ??
    resetMs(single(headers['x-rate-limit-reset-tokens']))
  );
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

const DECIMAL = /^\s*(\d+(?:\.\d*)?|\.\d+)\s*$/;

function positive(value: string | undefined, unitMs: number): number | undefined {
  const number = value === undefined ? null : DECIMAL.exec(value);
  return number === null ? undefined : sensible(Number(number[1]) * unitMs);
}

function sensible(waitMs: number): number | undefined {
  return waitMs > 0 && Number.isFinite(waitMs) ? waitMs : undefined;
}

function retryAfterMs(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return positive(value, 1_000) ?? untilDate(value, date);
}

/** The three forms of RFC 9110 §5.6.7, all in UTC; only the obsolete asctime form does not say so. */
const HTTP_DATE =
  /^\s*[a-z]{3,9},? (?:\d\d[ -][a-z]{3}[ -]\d{2,4}|[a-z]{3} [ \d]\d) \d\d:\d\d:\d\d (gmt|\d{4})\s*$/i;

function dateMs(value: string): number {
  const form = HTTP_DATE.exec(value);
  if (form === null) return Number.NaN;
  return Date.parse(form[1]?.toLowerCase() === 'gmt' ? value : `${value} GMT`);
}

/** Measured from the answer's own `Date` where it has one, so that clocks that differ do no harm. */
function untilDate(value: string, date: string | undefined): number | undefined {
  const sentAt = date === undefined ? Number.NaN : dateMs(date);
  return sensible(dateMs(value) - (Number.isNaN(sentAt) ? Date.now() : sentAt));
}

const DURATION = /^\s*(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?\s*$/;

/** Plain seconds, as Azure sends them, or a duration such as `6m0s` or `20ms`, as OpenAI does. */
function resetMs(value: string | undefined): number | undefined {
  const seconds = positive(value, 1_000);
  if (seconds !== undefined || value === undefined) return seconds;
  const parts = DURATION.exec(value);
  if (parts === null) return undefined;
  const [, hours = 0, minutes = 0, secs = 0, millis = 0] = parts;
  const waitMs =
    Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(secs) * 1_000 + Number(millis);
  return sensible(waitMs);
}
