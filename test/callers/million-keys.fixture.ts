// Run by its test in a process of its own: a million requests, each with another key, through one policy.
import type { RequestView } from '@spillway/core';
import { FakeClock } from '../support/fake-clock.ts';
import { arrive, scriptedRoute } from '../support/scripted-passage.ts';
import { ScriptedSubmission, scriptedPool } from '../support/scripted-submission.ts';

const COUNT = 1_000_000;
const POLICIES = { header: 'x-key', cookie: 'cookie' } as const;

type Headers = RequestView['headers'];
const keyOf = ({ headers }: RequestView) => headers['x-key'] as string;
const kept = new Map<string, number>();

function throughPool(affinity: object): (headers: Headers) => void {
  const backends = Array.from({ length: 10 }, (_, index) => ({ id: `b${index}` }));
  const pool = scriptedPool({ backends, affinity } as Parameters<typeof scriptedPool>[0]);
  return (headers) => void new ScriptedSubmission(pool, 'GET', { headers }).play200();
}

function throughGate(): (headers: Headers) => void {
  const clock = new FakeClock();
  const options = { maxCount: 2, maxQueueLength: 2, maxKeys: 1_000, key: keyOf };
  const policy = scriptedRoute('limitConcurrency', options, clock);
  return (headers) => arrive(policy, headers).completed(200);
}

const ways: Record<string, (headers: Headers) => void> = {
  header: throughPool({ header: POLICIES.header }),
  cookie: throughPool({ cookie: 'key' }),
  function: throughPool({ key: keyOf }),
  gate: throughGate(),
  control: (headers) => void kept.set(keyOf({ headers }), kept.size),
};

function memory(): number {
  gc?.();
  gc?.();
  return process.memoryUsage().heapUsed;
}

const send = ways[process.argv[2] as string];
if (send === undefined) throw new Error('no such way');
const headersOf = (key: string) => ({ [POLICIES.header]: key, [POLICIES.cookie]: `key=${key}` });
for (let index = 0; index < 10_000; index++) send(headersOf(`before${index}`));
const before = memory();
for (let index = 0; index < COUNT; index++) send(headersOf(`key${index}`));
process.stdout.write(String(memory() - before));
