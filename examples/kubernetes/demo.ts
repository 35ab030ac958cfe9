#!/usr/bin/env node
import { type DemoOptions, readOptions } from './options.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import { simulate } from './simulation.ts';
import { summaryOf } from './summary.ts';

function read(): { options: DemoOptions; scenario: Scenario } {
  const options = readOptions(process.argv.slice(2));
  const { rate, minutes, set } = options;
  return { options, scenario: scenarioOf({ burstRate: rate, burstSeconds: minutes * 60, set }) };
}

function readOrExit(): ReturnType<typeof read> {
  try {
    return read();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

const { options, scenario } = readOrExit();
const recording = await simulate(scenario);
const text = options.json
  ? JSON.stringify({ scenario, ...recording }, null, 2)
  : [
      `${scenario.calmRate} requests a second, ${options.rate} for ${options.minutes} min, then ` +
        `${scenario.calmRate} again. Gates, probes and metrics are real.`,
      summaryOf(recording, scenario),
    ].join('\n');
// Bottleneck, which is told of slots that are held, goes by the machine's own time and is still at it.
process.stdout.write(`${text}\n`, () => process.exit());
