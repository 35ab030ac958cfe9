import type { Check } from '@spillway/example-charts/page.ts';
import type { Measurements, ServiceState } from '../conduct/measurements.ts';
import { NEVER_RAN } from '../kinds.ts';

type Attempts = ServiceState['retired'][string][number];

/** Whether callers, service and backends have seen the same requests. */
export function judgeAccounts(measured: Measurements): Check[] {
  const { posts, twice, unserved, servedThough, unknown } = measured.account;
  const none = (ids: readonly number[]) =>
    ids.length === 0 ? 'none' : `requests ${ids.join(', ')}`;
  return [
    {
      claim: 'no POST was served twice',
      passed: twice.length === 0 && posts > 0,
      detail: `${none(twice)}, of ${posts} that were served`,
    },
    {
      claim: 'what was answered with 200 was served, and what was refused was not',
      passed: unserved.length === 0 && servedThough.length === 0 && unknown.length === 0,
      detail:
        `answered but not served: ${none(unserved)}; refused but served: ${none(servedThough)}; ` +
        `served but not sent: ${none(unknown)}`,
    },
    judgeAttempts(measured),
    judgeRoutes(measured),
  ];
}

/**
 * Each answer of a backend is a request that it has noted. Of attempts without an answer it cannot be
 * known whether they reached it, but nothing can have reached it that is no attempt.
 */
function judgeAttempts({ account, state }: Measurements): Check {
  const wrong: string[] = [];
  let answered = 0;
  for (const [backend, received] of Object.entries(account.received)) {
    const attempts = attemptsOf(backend, state);
    const sum = (...outcomes: (keyof Attempts)[]) =>
      attempts.reduce((all, of) => all + outcomes.reduce((part, name) => part + of[name], 0), 0);
    const least = sum('success', 'client_error', 'throttled', 'server_error');
    const most = least + sum('reset', 'timeout', 'cancelled');
    answered += least;
    if (received < least || received > most) {
      wrong.push(`${backend} noted ${received} requests, and was given ${least} to ${most}`);
    }
  }
  return {
    claim: 'the attempts that are counted are those that backends saw',
    passed: wrong.length === 0 && answered > 0,
    detail: wrong.join('; ') || `${answered} were answered, by all backends together`,
  };
}

/** By all pools, and as a shadow; of what was removed, too. */
function attemptsOf(backend: string, { spillway, retired, copies }: ServiceState): Attempts[] {
  const pools = Object.values(spillway.pools);
  return [
    ...pools.flatMap(({ backends }) =>
      backends.filter(({ id }) => id === backend).map(({ attempts }) => attempts),
    ),
    ...(retired[backend] ?? []),
    ...(copies[backend] ?? []),
  ];
}

/** Whoever arrived at a gate was let in, was refused, or left; whoever was let in has ended. */
function judgeRoutes({ state }: Measurements): Check {
  const wrong: string[] = [];
  let entered = 0;
  for (const [route, counts] of Object.entries(state.books)) {
    const rejections: Readonly<Record<string, number>> =
      state.spillway.gates[route]?.rejections ?? {};
    const refused = NEVER_RAN.reduce((sum, code) => sum + (rejections[code] ?? 0), 0);
    entered += counts.entered;
    const { arrived, left, ended } = counts;
    if (arrived !== counts.entered + refused + left) {
      wrong.push(`${route}: ${arrived} arrived, ${counts.entered} + ${refused} + ${left} went on`);
    }
    if (ended !== counts.entered) wrong.push(`${route}: ${counts.entered} began, ${ended} ended`);
  }
  return {
    claim: 'who arrived at a gate was let in, refused, or left; who was let in has ended',
    passed: wrong.length === 0 && entered > 0,
    detail: wrong.join('; ') || `${entered} were let in, by all gates together`,
  };
}
