#!/usr/bin/env node
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { startRedis } from './redis.ts';
import { startVersion } from './version.ts';

const INSTANCES = 3;
const MANY = 20;
/** Fewer than `stable` takes at once: what it cannot take would go to the canary. */
const FEW = 4;
const SHARE = 0.1;

const redis = await startRedis().catch((error: Error) => {
  console.error(`this example needs redis-server in the PATH, or REDIS_URL: ${error.message}`);
  process.exit(2);
});
const [stable, canary] = [await startVersion(10), await startVersion(10)];
const children: ChildProcess[] = [];

async function startInstance(): Promise<string> {
  const file = join(import.meta.dirname, 'instance.ts');
  const child = fork(file, [redis.url, stable.url, canary.url]);
  children.push(child);
  const [port] = await once(child, 'message');
  return `http://127.0.0.1:${port}`;
}

/** Calls each instance for a while; gives how many of its answers the callers got. */
async function load(origins: readonly string[], callersEach: number, durationMs: number) {
  const before = { stable: stable.seen.requests, canary: canary.seen.requests };
  const until = performance.now() + durationMs;
  let failed = 0;
  const call = async (origin: string) => {
    while (performance.now() < until) {
      const answer = await fetch(`${origin}/api/`);
      await answer.text();
      if (!answer.ok) failed++;
    }
  };
  const callers = origins.flatMap((origin) => Array.from({ length: callersEach }, () => origin));
  await Promise.all(callers.map(call));
  const toStable = stable.seen.requests - before.stable;
  const toCanary = canary.seen.requests - before.canary;
  return { requests: toStable + toCanary, canary: toCanary / (toStable + toCanary), failed };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`.padStart(7);
const checks: [claim: string, passed: boolean, detail: string][] = [];

try {
  console.log(`${INSTANCES} instances, one Redis; 'stable' takes 6 requests at once\n`);
  const origins = await Promise.all(Array.from({ length: INSTANCES }, startInstance));
  const all = await load(origins, MANY, 2_000);
  console.log(`all traffic to stable      ${String(all.requests).padStart(6)} requests`);

  // Told to one of them only.
  await fetch(`${origins[0]}/canary/${SHARE}`, { method: 'POST' });
  for (const [index, origin] of origins.entries()) {
    // A slot that is not used any more is kept for up to half a second.
    await after(1_000);
    const one = await load([origin], FEW, 1_000);
    console.log(`instance ${index + 1}: canary has   ${percent(one.canary)} of ${one.requests}`);
    checks.push([
      `instance ${index + 1} gives the canary its share`,
      Math.abs(one.canary - SHARE) * one.requests <= 2,
      percent(one.canary).trim(),
    ]);
  }
  const late = await startInstance();
  await after(1_000);
  const newcomer = await load([late], FEW, 1_000);
  console.log(`one that came later        ${percent(newcomer.canary)} of ${newcomer.requests}\n`);
  checks.push(
    [
      'an instance that comes later begins with it',
      Math.abs(newcomer.canary - SHARE) * newcomer.requests <= 2,
      percent(newcomer.canary).trim(),
    ],
    ['stable never had more than 6 at once', stable.seen.most === 6, `${stable.seen.most} at most`],
    ['no caller saw an error', all.failed + newcomer.failed === 0, `${all.failed} errors`],
  );
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  stable.close();
  canary.close();
  redis.stop();
}
for (const [claim, passed, detail] of checks)
  console.log(`${passed ? '✓' : '✗'} ${claim}\n  ${detail}`);
process.exitCode = checks.every(([, passed]) => passed) ? 0 : 1;
