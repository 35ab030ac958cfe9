import type { Act } from './options.ts';
import type { Phase, RolloutResult, ShadowsResult } from './result.ts';
import type { Scenario } from './scenario.ts';
import { rolloutOfV2 } from './service.ts';

/** A claim of the example, and whether this run bears it out. */
export interface Check {
  readonly claim: string;
  readonly passed: boolean;
  readonly detail: string;
}

const offBy = ({ share, requests, toV2 }: Phase) => Math.abs(toV2 - share * requests);

export function checkRollout(
  act: Exclude<Act, 'shadows'>,
  { state, phases, decisions, callers, failedByV2 }: RolloutResult,
): Check[] {
  const furthest = Math.max(...phases.map(offBy));
  const shares: Check = {
    claim: 'at each share v2 got what was asked for, within one request',
    passed: furthest <= 1,
    detail: `${furthest.toFixed(2)} requests off at most`,
  };
  const last = decisions.at(-1)?.report;
  if (act === 'good') {
    const steps = phases.filter(({ name }) => name.startsWith('step')).map(({ share }) => share);
    return [
      {
        claim: 'v2 has taken the traffic over, step by step',
        passed: state === 'completed' && String(steps) === String(rolloutOfV2.steps),
        detail: `${state}, by ${steps.map((share) => `${share * 100} %`).join(', ')}`,
      },
      shares,
      {
        claim: 'no caller noticed',
        passed: callers.failed === 0,
        detail: `${callers.failed} of ${callers.requests} failed`,
      },
    ];
  }

  const got = phases.reduce((sum, { toV2 }) => sum + toV2, 0);
  const after = phases.at(-1);
  const reason = act === 'failing' ? /ratio of failures/ : /mean time/;
  return [
    {
      claim: 'v2 was rolled back by itself',
      passed: state === 'aborted' && reason.test(last?.reason ?? ''),
      detail: `${state} after ${got} of its requests, of ${callers.requests} in all`,
    },
    shares,
    {
      claim: 'then v1 had everything again',
      passed: after?.name === 'after' && after.toV2 === 0 && after.requests > 0,
      detail: `${after?.toV2} of ${after?.requests} requests to v2`,
    },
    {
      claim: 'nobody else was hurt',
      passed: callers.failed === failedByV2,
      detail: `${callers.failed} of ${callers.requests} failed, and v2 failed ${failedByV2}`,
    },
  ];
}

export function checkShadows(result: ShadowsResult, { shadows }: Scenario): Check[] {
  const { callers, askedOfV1 } = result;
  const checks: Check[] = [
    {
      claim: 'every caller got the right price, from v1',
      passed: callers.right === shadows.requests && askedOfV1 === shadows.requests,
      detail: `${callers.right} of ${shadows.requests}`,
    },
  ];
  for (const id of ['v2', 'v3'] as const) {
    const { status, asked, failed, wrong } = result[id];
    const { dropped } = status.requests;
    const share = shadows[id];
    const sigma = Math.sqrt(shadows.requests * share * (1 - share));
    const off = asked + dropped - shadows.requests * share;
    checks.push(
      {
        claim: `${id} got ${share * 100} % of them as copies, as far as chance allows`,
        passed: Math.abs(off) <= 3 * sigma,
        detail: `${asked} copies and ${dropped} dropped, ${Math.abs(off / sigma).toFixed(1)} sigma off`,
      },
      {
        claim: `each wrong answer of ${id} was noticed, and no other`,
        passed: status.mismatches === failed + wrong && status.compared === asked,
        detail:
          `${status.compared} compared, ${status.mismatches} not alike: ` +
          `${wrong} wrong prices, ${failed} failures`,
      },
    );
  }
  return checks;
}
