import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../../errors.ts';
import type { Backend, BackendConfig } from '../backend.ts';

/** What of a pool's backends is to change. */
export interface MembersPlan<B extends Backend> {
  readonly joining: readonly BackendConfig[];
  /** Those that are being removed are to stay after all. */
  readonly changing: ReadonlyMap<B, BackendConfig>;
  readonly leaving: readonly B[];
  /** The levels that are shared out as the options say from now on; others keep what they have. */
  readonly priorities: ReadonlySet<number>;
  /** By id: of these levels, and of backends that are new where they are. */
  readonly weights: ReadonlyMap<string, number>;
}

/**
 * Finds what has to be done to `members` for the difference between two lists of options. What does
 * not differ is left as it is, be it that `add`, `remove` or `setTraffic` have changed it.
 * @throws ConfigurationError when something cannot change while requests are served
 */
export function planMembers<B extends Backend>(
  before: readonly BackendConfig[],
  after: readonly BackendConfig[],
  path: string,
  members: readonly B[],
): MembersPlan<B> {
  const old = new Map(before.map((config) => [config.id, config]));
  const kept = new Set(after.map(({ id }) => id));
  const present = new Map(members.map((backend) => [backend.id, backend]));
  const joining: BackendConfig[] = [];
  const changing = new Map<B, BackendConfig>();
  for (const [index, config] of after.entries()) {
    const was = old.get(config.id);
    if (was !== undefined && isSame(was, config)) continue;
    const backend = present.get(config.id);
    if (backend === undefined) {
      joining.push(config);
      continue;
    }
    const obstacle = backend.obstacleTo(config);
    if (obstacle !== undefined) {
      const { option, rule } = obstacle;
      throw new ConfigurationError(`${path}.backends[${index}].${option}`, rule);
    }
    changing.set(backend, config);
  }
  const leaving = members.filter(({ id, draining }) => old.has(id) && !kept.has(id) && !draining);

  const planFor = (priorities: ReadonlySet<number>): MembersPlan<B> => {
    const isNewThere = ({ id, priority }: BackendConfig) => old.get(id)?.priority !== priority;
    const shared = after.filter((each) => priorities.has(each.priority) || isNewThere(each));
    const weights = new Map(shared.map(({ id, weight }) => [id, weight]));
    return { joining, changing, leaving, priorities, weights };
  };
  const plan = planFor(new Set(after.filter(isShareNew(old)).map(({ priority }) => priority)));
  if (leavesShare(plan, members)) return plan;
  // Those that stay had nothing, because others were given all by hand: the options say what they get.
  const anew = planFor(new Set(after.map(({ priority }) => priority)));
  if (leavesShare(anew, members)) return anew;
  const rule = 'must leave the pool a backend that has a share';
  throw new ConfigurationError(`${path}.backends`, rule);
}

/** Whether the options now say something else of the backend's share in its level. */
function isShareNew(old: ReadonlyMap<string, BackendConfig>) {
  return ({ id, priority, weight }: BackendConfig): boolean => {
    const was = old.get(id);
    return was?.priority === priority ? was.weight !== weight : weight > 0;
  };
}

function leavesShare<B extends Backend>(
  { joining, changing, leaving, weights }: MembersPlan<B>,
  members: readonly B[],
): boolean {
  return (
    joining.some(({ id, weight }) => (weights.get(id) ?? weight) > 0) ||
    members.some((backend) => {
      const stays = !leaving.includes(backend) && (!backend.draining || changing.has(backend));
      return stays && (weights.get(backend.id) ?? backend.weight) > 0;
    })
  );
}

function isSame(one: BackendConfig, other: BackendConfig): boolean {
  const { url, handler, ...rest } = one;
  const { url: otherUrl, handler: otherHandler, ...otherRest } = other;
  return (
    url?.href === otherUrl?.href && handler === otherHandler && isDeepStrictEqual(rest, otherRest)
  );
}
