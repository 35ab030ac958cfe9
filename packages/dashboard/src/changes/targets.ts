import type { Engine, HttpBackend, HttpPool } from '@spillway/node-http';
import { ApiError } from '../http/api-error.ts';

/** @throws ApiError `not_found` */
export function poolOf(engine: Engine, name: string | undefined): HttpPool {
  const pool = engine.pools.get(name ?? '');
  if (pool === undefined) throw new ApiError('not_found', `there is no pool ${quoted(name)}`);
  return pool;
}

/** @throws ApiError `not_found` */
export function backendOf(pool: HttpPool, id: string | undefined): HttpBackend {
  const backend = pool.backends.find((each) => each.id === id);
  if (backend !== undefined) return backend;
  throw new ApiError('not_found', `the pool ${quoted(pool.name)} has no backend ${quoted(id)}`);
}

/** Those that share a level's traffic, as far as they stay. */
export function levelOf({ backends }: HttpPool, priority: number): readonly HttpBackend[] {
  return backends.filter((each) => each.priority === priority && !each.draining);
}

/** The share of its level that each is to have, by id. */
export function sharesOf(level: readonly HttpBackend[]): Record<string, number> {
  const total = level.reduce((sum, { weight }) => sum + weight, 0);
  return Object.fromEntries(
    level.map(({ id, weight }) => [id, total === 0 ? 0 : rounded(weight / total)]),
  );
}

export function quoted(name: string | undefined): string {
  return JSON.stringify(name ?? '');
}

/** Thirds of five digits are what shares are given as. */
function rounded(share: number): number {
  return Math.round(share * 1e5) / 1e5;
}
