#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { createApp as createAfter } from './after.ts';
import { createApp as createBefore } from './before.ts';
import { resultOf } from './checks.ts';
import { liveLine } from './live-line.ts';
import { type CreateApp, type Measurements, run } from './run.ts';
import { summaryOf } from './summary.ts';

const json = wantsJson();
if (!json)
  console.log('Two chat servers: http-proxy-middleware in front of one, then of a pool.\n');

async function perform(title: 'before' | 'after', createApp: CreateApp): Promise<Measurements> {
  const live = json ? undefined : liveLine(process.stdout, title);
  try {
    return await run(createApp, { drains: title === 'after' }, live?.show);
  } finally {
    live?.end();
  }
}

const before = await perform('before', createBefore);
const result = resultOf(before, await perform('after', createAfter));
console.log(json ? JSON.stringify(result, null, 2) : summaryOf(result));
process.exitCode = result.passed ? 0 : 1;

/** What is wrong is told to the user, and the process ends. */
function wantsJson(): boolean {
  try {
    const options = { json: { type: 'boolean', default: false } } as const;
    return parseArgs({ options }).values.json;
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}
