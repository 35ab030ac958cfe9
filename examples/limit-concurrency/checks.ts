import type { Replays } from './result.ts';
import type { Scenario } from './scenario.ts';

/** A claim of the example, and whether this run bears it out. */
export interface Check {
  readonly claim: string;
  readonly passed: boolean;
  readonly detail: string;
}

const MOST_OVER_IDEAL = 0.02;
/** Faster than this the machine's own milliseconds count for more than 2 %. */
export const FASTEST_JUDGED = 40;

export function checkReplays(
  { jobs, limit, speed }: Scenario,
  { unlimited, limited, impatient }: Replays,
): Check[] {
  const rounds = Math.ceil(jobs / limit.maxCount);
  const behindLimit = [limited, impatient];
  const over = behindLimit.map(({ elapsedMs, idealMs }) => elapsedMs / idealMs - 1);
  const listed = (values: readonly (number | string)[]) => values.join(' and ');
  const everyone = [unlimited, limited, impatient];

  const checks = [
    {
      claim: `without a limit all ${jobs} jobs are at the backend at once`,
      passed: unlimited.mostAtOnce === jobs && unlimited.runs === jobs,
      detail: `${unlimited.mostAtOnce} at once`,
    },
    {
      claim: `behind the limit every job runs exactly once, however often it was sent`,
      passed:
        behindLimit.every(({ runs }) => runs === jobs) &&
        everyone.every(({ answered }) => answered === jobs),
      detail:
        `${listed(behindLimit.map(({ runs }) => runs))} runs of ${jobs} jobs, ` +
        `for ${listed(behindLimit.map(({ sent }) => sent))} requests`,
    },
    {
      claim: `they run in ${rounds} rounds, never more than ${limit.maxCount} at once`,
      passed: behindLimit.every((each) => {
        return each.mostAtOnce === limit.maxCount && each.rounds === rounds;
      }),
      detail: `${listed(behindLimit.map((each) => each.rounds))} rounds`,
    },
    {
      claim: 'callers gave up, and all of them while they waited in the queue',
      passed: impatient.gaveUp > 0 && impatient.gaveUpAtWork === 0,
      detail: `${impatient.gaveUp} gave up, ${impatient.gaveUpAtWork} while their job ran`,
    },
  ];
  if (speed > FASTEST_JUDGED) return checks;
  const time = {
    claim: `that takes at most ${MOST_OVER_IDEAL * 100} % longer than the jobs themselves`,
    passed: over.every((share) => share <= MOST_OVER_IDEAL),
    detail: listed(over.map((share) => `${(share * 100).toFixed(2)} %`)),
  };
  return [...checks, time];
}
