import type { Check } from '@spillway/example-charts/page.ts';
import { percent, seconds } from './format.ts';
import type { Change } from './result.ts';
import type { Measurements } from './run.ts';
import type { Scenario } from './scenario.ts';

export function checkRun(
  { turns, rules }: Scenario,
  measured: Measurements & { readonly changes: readonly Change[]; readonly failed: number },
): Check[] {
  const { calls, changes, failed, samples, pids, left } = measured;
  const [rises, , falls] = turns;
  const [out, in_, ...others] = changes;
  const told = (change: Change | undefined) =>
    change === undefined
      ? 'nothing happened'
      : `after ${seconds(change.at)}, at an average of ${percent(change.average)}`;
  const { above, cooldownMs = 0 } = rules.scaleOut;
  const { below } = rules.scaleIn;
  return [
    {
      claim: `the load rose: from 1 to 2 instances, above ${percent(above)}`,
      passed: out?.to === 2 && out.at > rises && out.at < falls && out.average > above,
      detail: told(out),
    },
    {
      claim: `the load fell: from 2 to 1 instances, below ${percent(below)}`,
      passed: in_?.to === 1 && in_.at > falls && in_.average < below && others.length === 0,
      detail: others.length === 0 ? told(in_) : `and then ${others.length} changes more`,
    },
    {
      claim: 'between the two it rested, and let the load be',
      passed: out !== undefined && in_ !== undefined && in_.at - out.at >= cooldownMs,
      detail: `${samples.length} decisions, ${changes.length} of them to scale`,
    },
    {
      claim: 'no request failed',
      passed: failed === 0 && calls.length > 0,
      detail: `${failed} of ${calls.length}`,
    },
    {
      claim: 'no process was left behind',
      passed: left.length === 0 && pids.length === 2,
      detail: `${pids.length} were started, ${left.length} are left`,
    },
  ];
}
