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
  const waitMs = number === null ? 0 : Number(number[1]) * unitMs;
  return waitMs > 0 && Number.isFinite(waitMs) ? waitMs : undefined;
}

function retryAfterMs(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return positive(value, 1_000) ?? untilDate(value, date);
}

/** Measured from the answer's own `Date` where it has one, so that clocks that differ do no harm. */
function untilDate(value: string, date: string | undefined): number | undefined {
  // A date has letters; without this, Date.parse would read "-1" as a month.
  if (!/[a-z]/i.test(value)) return undefined;
  const sentAt = date === undefined ? Number.NaN : Date.parse(date);
  const waitMs = Date.parse(value) - (Number.isNaN(sentAt) ? Date.now() : sentAt);
  return waitMs > 0 ? waitMs : undefined;
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
  return waitMs > 0 ? waitMs : undefined;
}
