const SPACE = '\u00a0';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** What stands where there is no value. */
export const NONE = '–';

/** A number of things: in full up to 99 999, then short. */
export function count(value: number): string {
  return value < 100_000 ? whole.format(value) : compact.format(value);
}

export function decimal(value: number): string {
  return value < 10 ? hundredths.format(value) : tenths.format(value);
}

/** A ratio of 1 as 100 %. What is above 0 never reads as 0. */
export function percent(ratio: number): string {
  if (ratio > 0 && ratio < 0.0005) return `<0.1${SPACE}%`;
  return `${tenths.format(ratio * 100)}${SPACE}%`;
}

export function milliseconds(ms: number): string {
  if (ms < 10) return `${tenths.format(ms)}${SPACE}ms`;
  if (ms < 1_000) return `${whole.format(ms)}${SPACE}ms`;
  if (ms < 60_000) return `${tenths.format(ms / 1_000)}${SPACE}s`;
  return duration(ms);
}

/** Whole seconds, rounded up, for what is left of something. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds}${SPACE}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return `${minutes}${SPACE}min ${String(seconds % 60).padStart(2, '0')}${SPACE}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}${SPACE}h ${String(minutes % 60).padStart(2, '0')}${SPACE}min`;
  return `${Math.floor(hours / 24)}${SPACE}days`;
}

export function perSecond(value: number): string {
  return `${decimal(value)}/s`;
}

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

/** The time of day of a moment in milliseconds since the epoch. */
export function timeOfDay(at: number): string {
  return clock.format(at);
}

/** The same, without seconds. */
export function minuteOfDay(at: number): string {
  return clock.format(at).slice(0, -3);
}

/** `one backend`, `2 backends`. */
export function plural(value: number, noun: string): string {
  return `${value === 1 ? 'one' : count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `queue_full` as `queue full`. */
export function words(code: string): string {
  return code.replaceAll('_', ' ');
}

/** With a capital at its beginning. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
