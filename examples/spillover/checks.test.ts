import type { RequestRecord, SimulatorStats } from '@spillway/azure-openai-simulator';
import { expect, it } from 'vitest';
import { checkRun } from './checks.ts';
import type { Call } from './load.ts';
import { scenarioLasting } from './scenario.ts';

const scenario = scenarioLasting(36_000); // a minute is 6 s, the spike comes at 18 s
const STARTED_AT = 1_000_000;

function records(outcome: 'served' | 'refused', moments: readonly number[]): RequestRecord[] {
  const served = outcome === 'served';
  return moments.map((moment) => ({
    at: STARTED_AT + moment,
    outcome,
    tokens: served ? 1_000 : 0,
    status: served ? 200 : 429,
    method: 'POST',
    path: '/openai/v1/chat/completions',
    headers: {},
    bodyBytes: 0,
    bodySha256: '',
    streamed: false,
    durationMs: 10,
  }));
}

function stats(all: readonly RequestRecord[]): SimulatorStats {
  const count = (outcome: string) => all.filter((record) => record.outcome === outcome).length;
  return {
    requests: all.length,
    served: count('served'),
    refused: count('refused'),
    running: 0,
    failed: 0,
    aborted: 0,
    tokens: 0,
    perSecond: [],
    records: all,
  };
}

function answered(count: number): Call[] {
  const call = { at: 20_000, durationMs: 50, streamed: false, status: 200, error: undefined };
  return Array.from({ length: count }, () => ({ ...call, backend: 'ptu1' }));
}

/** A hundred requests within the minute before 20 s: PTU is full then. */
const fullAt20s = Array.from({ length: 100 }, (_, index) => 14_100 + index * 59);

const good = {
  calls: answered(102),
  startedAt: STARTED_AT,
  ptu: stats([...records('served', fullAt20s), ...records('refused', [20_000])]),
  payg: stats(records('served', [20_010, 20_020])),
  metrics: '',
  gatewayEndedByItself: true,
  spillovers: 2,
};

function brokenClaims(change: Partial<typeof good>): string[] {
  const checks = checkRun(scenario, { ...good, ...change });
  return checks.filter(({ passed }) => !passed).map(({ claim }) => claim);
}

const throttled: Call = {
  at: 20_000,
  durationMs: 50,
  streamed: false,
  status: 429,
  backend: undefined,
  error: '429',
};

it('finds nothing in a run that spilled as it should', () => {
  expect(brokenClaims({})).toEqual([]);
});

it('finds a 429 that a caller saw while PAYG had room', () => {
  const claim = ['no caller saw a 429 or an error while PAYG had room'];
  expect(brokenClaims({ calls: [...good.calls, throttled] })).toEqual(claim);
  const refusedLater = [...good.payg.records, ...records('refused', [20_100])];
  expect(brokenClaims({ calls: [...good.calls, throttled], payg: stats(refusedLater) })).toEqual(
    claim,
  );
});

it('excuses a 429 while PAYG was full, but no other error', () => {
  const payg = stats([...good.payg.records, ...records('refused', [20_030])]);
  expect(brokenClaims({ calls: [...good.calls, throttled], payg })).toEqual([]);
  const broken = { ...throttled, status: 502 };
  expect(brokenClaims({ calls: [...good.calls, broken], payg })).toHaveLength(1);
  const truncated = { ...throttled, status: 200, error: 'empty completion' };
  expect(brokenClaims({ calls: [...good.calls, truncated], payg })).toHaveLength(1);
});

it('finds PAYG used while PTU was clearly not full', () => {
  const claim = 'PAYG was used only while PTU was full';
  const payg = (moment: number) => stats(records('served', [moment, 20_020]));
  expect(brokenClaims({ payg: payg(17_000) })).toContain(claim); // half full
  expect(brokenClaims({ payg: payg(27_000) })).toContain(claim); // empty again
  expect(brokenClaims({ payg: payg(20_100) })).not.toContain(claim);
});

it('finds a spike that never spilled', () => {
  const idle = { calls: answered(100), payg: stats([]), spillovers: 0 };
  expect(brokenClaims(idle)).toEqual(['the spike spilled over']);
  expect(brokenClaims({ spillovers: 0 })).toEqual(['the spike spilled over']);
});

it('finds answers that were lost or made twice', () => {
  expect(brokenClaims({ calls: answered(101) })).toHaveLength(1);
  expect(brokenClaims({ calls: answered(103) })).toHaveLength(1);
});

it('finds a gateway that did not end, and a run in which nothing happened', () => {
  expect(brokenClaims({ gatewayEndedByItself: false })).toHaveLength(1);
  expect(brokenClaims({ calls: [], ptu: stats([]), payg: stats([]) })).not.toEqual([]);
});
