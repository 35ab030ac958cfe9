import type { Clock } from './clock.ts';

/** How a 429 says when to come back. All of them have been seen on the wire. */
export const retryAfterStyles = [
  'seconds', // Retry-After and x-ratelimit-reset-tokens (or -requests), whole seconds
  'milliseconds', // as a provisioned deployment: retry-after-ms too
  'http-date',
  'reset-requests', // only x-ratelimit-reset-requests
  'reset-tokens', // only x-ratelimit-reset-tokens
  'hyphenated', // only x-rate-limit-reset-tokens
  'zero',
  'negative',
  'none', // no rate limit header of any kind
  'huge', // a day
] as const;

export type RetryAfterStyle = (typeof retryAfterStyles)[number];

/**
 * What happens to a request before the limits are asked. `'always'` is 429; a number is that status;
 * `'reset'` ends the connection without an answer, `'cut'` does so in the middle of one, and `'hang'`
 * never answers.
 */
export type Refusal = 'never' | 'always' | 'reset' | 'cut' | 'hang' | number;

/** A request as a `refuse` function sees it. */
export interface RefuseView {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The settings that can travel to a process of its own. */
export interface SimulatorSettings {
  /** Sent as `x-ms-region`, so that a caller can tell which deployment answered. */
  readonly region: string;
  /** Expected in `api-key`, or as a bearer token; not checked when empty. */
  readonly apiKey: string;
  /** Quota. `Infinity`: no limits, and no `x-ratelimit-*` headers. */
  readonly tokensPerMinute: number;
  /** Real milliseconds per simulated one: 1/9 makes the minute's window 6.7 s, and latencies as short. */
  readonly timeScale: number;
  readonly timeToFirstByteMs: number;
  readonly timePerTokenMs: number;
  /** Bounds of an answer's length. A request's own `max_tokens` can only lower them. */
  readonly completionTokens: readonly [min: number, max: number];
  readonly retryAfterStyle: RetryAfterStyle;
  /** The wait told by a forced refusal, on the wire and so not scaled. Limits compute their own. */
  readonly retryAfterMs: number;
  /** One answer for all, or a queue: one entry per request, then `'never'`. */
  readonly refuse: Refusal | readonly Refusal[];
  /** For texts and lengths. */
  readonly seed: number;
  /** How many requests `stats().records` keeps, the newest. */
  readonly recordLimit: number;
}

/** Every option is optional; `defaultSettings` has the defaults. */
export type SimulatorOptions = Partial<Omit<SimulatorSettings, 'refuse'>> & {
  readonly refuse?: SimulatorSettings['refuse'] | ((request: RefuseView) => Refusal | undefined);
  readonly clock?: Clock;
};

export const defaultSettings: SimulatorSettings = {
  region: 'Simulated',
  apiKey: '',
  tokensPerMinute: 100_000,
  timeScale: 1,
  timeToFirstByteMs: 0,
  timePerTokenMs: 0,
  completionTokens: [8, 24],
  retryAfterStyle: 'seconds',
  retryAfterMs: 1_000,
  refuse: 'never',
  seed: 1,
  recordLimit: 1_000,
};

/** Throws when a setting is unknown or impossible; the message names it and its value. */
export function checkSettings(settings: object): void {
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'clock' || value === undefined) continue;
    if (!(name in defaultSettings)) throw new TypeError(`simulator: unknown option ${name}`);
    if (typeof value !== 'number' || name === 'refuse' || name === 'seed') continue;
    const positive = name === 'tokensPerMinute' || name === 'timeScale';
    if (!(value >= 0) || (positive && value === 0)) {
      const rule = positive ? 'greater than 0' : 'at least 0';
      throw new RangeError(`simulator.${name} must be ${rule}, got ${value}`);
    }
  }
  const { retryAfterStyle: style } = settings as Partial<SimulatorSettings>;
  if (style !== undefined && !retryAfterStyles.includes(style)) {
    throw new RangeError(`simulator.retryAfterStyle must be one of ${retryAfterStyles.join(', ')}`);
  }
}
