import { contenders } from './contenders.ts';
import { needsOf, subjectOf } from './goals.ts';
import type { Plan } from './plan.ts';
import { type Profile, type ProfileTime, profileContender } from './profile-contender.ts';
import type { Ground, Progress } from './rounds.ts';
import { rows } from './rows.ts';
import type { GuardedJudgement } from './summary.ts';

/** Where the time goes of a goal that was missed, and of what it was judged against. */
export interface MissedGoal {
  readonly subject: string;
  readonly row: string;
  readonly profiles: readonly Profile[];
  /** Why there are none. */
  readonly failure?: string;
}

const time: ProfileTime = { warmUpSeconds: 2, seconds: 3 };

/** Profiles both sides of each missed goal on processor time; what several need, only once. */
export async function profileMissed(
  plan: Plan,
  judgements: readonly GuardedJudgement[],
  ground: Ground,
  progress: Progress,
): Promise<MissedGoal[]> {
  const profiled = new Map<string, Promise<Profile>>();
  const profileOf = (contenderName: string, rowName: string): Promise<Profile> => {
    const key = `${contenderName} on ${rowName}`;
    const known = profiled.get(key);
    if (known !== undefined) return known;
    progress(`profiling ${key}`);
    const contender = contenders.find(({ name }) => name === contenderName);
    const row = rows.find(({ name }) => name === rowName);
    if (contender === undefined || row === undefined) throw new Error(`There is no ${key}.`);
    const profile = profileContender(contender, row, ground, time);
    profiled.set(key, profile);
    return profile;
  };

  const missed: MissedGoal[] = [];
  for (const { subject, row, verdict, measure } of judgements) {
    if (verdict !== 'missed' || measure !== 'processor time') continue;
    const goal = plan.goals.find((each) => subjectOf(each) === subject);
    if (goal === undefined) continue;
    const profiles: Profile[] = [];
    try {
      for (const need of needsOf(goal, row)) {
        profiles.push(await profileOf(need.contender, need.row));
      }
      missed.push({ subject, row, profiles });
    } catch (error) {
      missed.push({ subject, row, profiles, failure: (error as Error).message });
    }
  }
  return missed;
}
