import type { HttpBackend, HttpPool } from '@spillway/node-http';
import type { Steered } from './change.ts';
import { levelOf, sharesOf } from './targets.ts';

/** `0.125` is `12.5 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

/** By how much one ratio exceeds another: `0.05` is `5 points`. */
export function points(difference: number): string {
  const figure = Number((difference * 100).toFixed(2));
  return figure === 1 ? '1 point' : `${figure} points`;
}

/** `90_000` is `1.5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1_000).toFixed(1))} s`;
  if (ms < 3_600_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  return `${Number((ms / 3_600_000).toFixed(1))} h`;
}

/** `about 12 requests/s at the present rate`; what is below a tenth is not worth a figure. */
export function atRate(perSecond: number): string {
  const figure = perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toFixed(1));
  if (figure === 0) return 'next to nothing at the present rate';
  return `about ${figure} requests/s at the present rate`;
}

/** All that a level is given. */
export function rateOfLevel({ sampler }: Steered, level: readonly HttpBackend[]): number {
  return level.reduce((sum, backend) => sum + sampler.rateOf(backend), 0);
}

/** Where the traffic of a backend goes once it takes none. */
export function whoTakesOver(pool: HttpPool, left: HttpBackend): string {
  const others = levelOf(pool, left.priority).filter((each) => each !== left && each.available);
  const heirs = Object.entries(sharesOf(others)).filter(([, share]) => share > 0);
  if (heirs.length > 0) {
    const named = heirs.map(([id, share]) => `${id} (${percent(share)})`);
    return `what it has goes to ${listed(named)}`;
  }
  const serving = pool.backends.filter(({ available, weight }) => available && weight > 0);
  const lower = serving.map(({ priority }) => priority).filter((each) => each > left.priority);
  if (lower.length > 0) return `what it has spills over to level ${Math.min(...lower)}`;
  if (serving.some(({ priority }) => priority < left.priority)) {
    return 'no other backend is left for what the levels before it cannot take';
  }
  return 'no other backend is left that is available: callers are refused';
}

/** In a sentence: a level may have a thousand. */
export const MAX_LISTED = 5;

/** The first few, and how many more there are. */
export function listed(items: readonly string[]): string {
  if (items.length <= MAX_LISTED) return items.join(', ');
  return `${items.slice(0, MAX_LISTED).join(', ')} and ${items.length - MAX_LISTED} more`;
}
