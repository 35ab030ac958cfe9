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
  /** Those that `remove` has taken out come back, too: what they had is not for the shares of today. */
  const arriving = new Set<string>();
  for (const [index, config] of after.entries()) {
    const was = old.get(config.id);
    if (was !== undefined && isSame(was, config)) continue;
    const backend = present.get(config.id);
    if (backend === undefined || backend.draining) arriving.add(config.id);
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
    const isNewThere = ({ id, priority }: BackendConfig) =>
      arriving.has(id) || old.get(id)?.priority !== priority;
    const shared = after.filter((each) => priorities.has(each.priority) || isNewThere(each));
    const weights = new Map(shared.map(({ id, weight }) => [id, weight]));
    return { joining, changing, leaving, priorities, weights };
  };
  /** Whether the options now say something else of the backend's share in its level. */
  const isShareNew = ({ id, priority, weight }: BackendConfig): boolean => {
    const was = old.get(id);
    return was?.priority === priority && !arriving.has(id) ? was.weight !== weight : weight > 0;
  };
  const changed = new Set(after.filter(isShareNew).map(({ priority }) => priority));
  const emptied = emptiedBy(planFor(changed), members);
  const plan = planFor(new Set([...changed, ...emptied]));
  if (servedBy(plan, members).size > 0) return plan;
  // Those that stay had nothing, because others were given all by hand: the options say what they get.
  const anew = planFor(new Set(after.map(({ priority }) => priority)));
  if (servedBy(anew, members).size > 0) return anew;
  const rule = 'must leave the pool a backend that has a share';
  throw new ConfigurationError(`${path}.backends`, rule);
}

/** The levels that lose all that have a share: others were given nothing there by hand. */
function emptiedBy<B extends Backend>(
  plan: MembersPlan<B>,
  members: readonly B[],
): readonly number[] {
  const { changing, leaving } = plan;
  const left = members.filter((backend) => {
    const priority = changing.get(backend)?.priority ?? backend.priority;
    const goes = leaving.includes(backend) || priority !== backend.priority;
    return goes && backend.weight > 0 && !backend.draining;
  });
  const served = servedBy(plan, members);
  return left.map(({ priority }) => priority).filter((priority) => !served.has(priority));
}

/** The levels in which somebody has a share once the plan is carried out. */
function servedBy<B extends Backend>(
  { joining, changing, leaving, weights }: MembersPlan<B>,
  members: readonly B[],
): ReadonlySet<number> {
  const present = members
    .filter((each) => !leaving.includes(each) && (!each.draining || changing.has(each)))
    .map((backend) => {
      const { id, weight, priority } = backend;
      return { id, weight, priority: changing.get(backend)?.priority ?? priority };
    });
  const serving = [...joining, ...present].filter(
    ({ id, weight }) => (weights.get(id) ?? weight) > 0,
  );
  return new Set(serving.map(({ priority }) => priority));
}

function isSame(one: BackendConfig, other: BackendConfig): boolean {
  const { url, handler, ...rest } = one;
  const { url: otherUrl, handler: otherHandler, ...otherRest } = other;
  return (
    url?.href === otherUrl?.href && handler === otherHandler && isDeepStrictEqual(rest, otherRest)
  );
}
