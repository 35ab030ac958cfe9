import type { RequestRecord } from '@spillway/azure-openai-simulator';
import type { Measurements } from './run.ts';
import { clockFace, type Scenario } from './scenario.ts';

/** A claim of the example, and whether this run bears it out. */
export interface Check {
  readonly claim: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Below this share of its quota the reserved deployment is clearly not full. */
const CLEARLY_NOT_FULL = 0.8;
/** A busy machine may hold a request this long between its refusal and its second attempt. */
const SLACK_MS = 250;

export function checkRun(
  scenario: Scenario,
  measured: Measurements & { readonly spillovers: number },
): Check[] {
  const { calls, ptu, payg, startedAt, spillovers } = measured;
  const answered = calls.filter(({ status, error }) => status === 200 && error === undefined);

  const failed = calls.filter((call) => {
    if (call.status === 200 && call.error === undefined) return false;
    const from = startedAt + call.at;
    const wasFull = payg.records.some(
      ({ outcome, at }) => outcome === 'refused' && at >= from && at <= from + call.durationMs,
    );
    return !(call.status === 429 && wasFull);
  });
  const firstError = failed[0]?.error;

  const early = payg.records.filter(({ at }) => {
    return fullness(ptu.records, at, scenario) < CLEARLY_NOT_FULL;
  });
  const firstEarly = early[0] && clockFace(early[0].at - startedAt, scenario);
  const afterSpike = payg.records.filter(({ at }) => at >= startedAt + scenario.spikeAtMs).length;
  const sentAfterSpike = calls.filter(({ at }) => at >= scenario.spikeAtMs).length;
  const minutesAfterSpike = (scenario.durationMs - scenario.spikeAtMs) / scenario.minuteMs;
  const rate = Math.round(sentAfterSpike / minutesAfterSpike);
  const credentials = [...ptu.records, ...payg.records].filter(({ status }) => status === 401);

  return [
    {
      claim: 'no caller saw a 429 or an error while PAYG had room',
      passed: answered.length > 0 && failed.length === 0,
      detail: `${failed.length} of ${calls.length} calls${firstError ? `; ${firstError}` : ''}`,
    },
    {
      claim: 'PAYG was used only while PTU was full',
      passed: early.length === 0,
      detail: `${early.length} of ${payg.requests} PAYG requests came earlier${firstEarly ? `, the first at ${firstEarly}` : ''}`,
    },
    {
      claim: 'the spike spilled over',
      passed: afterSpike > 0 && spillovers > 0,
      detail:
        `${afterSpike} PAYG requests at ${rate} calls a minute after the spike began; ` +
        `the gateway counted ${spillovers} spillovers`,
    },
    {
      claim: 'every answer came from exactly one deployment',
      passed: ptu.served + payg.served === answered.length && credentials.length === 0,
      detail: `${answered.length} answers, ${ptu.served} + ${payg.served} served`,
    },
    {
      claim: 'the gateway ended by itself after shutdown()',
      passed: measured.gatewayEndedByItself,
      detail: measured.gatewayEndedByItself ? 'exit code 0' : 'it had to be killed, or failed',
    },
  ];
}

/** Used share of PTU's quota at a moment: the highest within the slack before it. */
function fullness(records: readonly RequestRecord[], moment: number, scenario: Scenario): number {
  const { minuteMs, ptuTokensPerMinute } = scenario;
  const charged = records.filter(({ tokens, at }) => tokens > 0 && at <= moment);
  const usedAt = (time: number) =>
    charged
      .filter(({ at }) => at <= time && at > time - minuteMs)
      .reduce((sum, { tokens }) => sum + tokens, 0);
  // The window is fullest right after one of its own requests, or at the start of the slack.
  const moments = charged.filter(({ at }) => at > moment - SLACK_MS).map(({ at }) => at);
  const highest = Math.max(...[moment - SLACK_MS, ...moments].map(usedAt));
  return highest / ptuTokensPerMinute;
}
