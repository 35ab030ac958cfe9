#!/usr/bin/env node
import { parseArgs } from 'node:util';
import type { ChildMessage, ParentMessage } from './messages.ts';
import type { RetryAfterStyle } from './options.ts';
import { createSimulator } from './simulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    region: { type: 'string' },
    'api-key': { type: 'string' },
    'tokens-per-minute': { type: 'string' },
    'time-scale': { type: 'string' },
    'time-to-first-byte-ms': { type: 'string' },
    'time-per-token-ms': { type: 'string' },
    'retry-after-style': { type: 'string' },
    'retry-after-ms': { type: 'string' },
    refuse: { type: 'string' },
    seed: { type: 'string' },
    /** Keeps quiet and listens only when the parent asks over IPC. */
    managed: { type: 'boolean', default: false },
  },
});

const given = {
  region: values.region,
  apiKey: values['api-key'],
  tokensPerMinute: numberFrom(values['tokens-per-minute']),
  timeScale: numberFrom(values['time-scale']),
  timeToFirstByteMs: numberFrom(values['time-to-first-byte-ms']),
  timePerTokenMs: numberFrom(values['time-per-token-ms']),
  retryAfterStyle: values['retry-after-style'] as RetryAfterStyle | undefined,
  retryAfterMs: numberFrom(values['retry-after-ms']),
  refuse: refusalFrom(values.refuse),
  seed: numberFrom(values.seed),
};
const simulator = createSimulator(
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
);

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await simulator.close();
  if (process.connected) process.disconnect();
}
process.on('SIGTERM', end);
process.on('SIGINT', end);
// The parent is gone, however it went: a simulator never outlives the tests that started it.
process.on('disconnect', end);

process.on('message', async (message: ParentMessage) => {
  let reply: ChildMessage;
  try {
    reply = { id: message.id, value: await handle(message) };
  } catch (error) {
    reply = { id: message.id, error: (error as Error).message };
  }
  if (process.connected) process.send?.(reply, () => {});
});

async function handle(message: ParentMessage): Promise<ChildMessage['value']> {
  switch (message.ask) {
    case 'listen':
      return simulator.listen(message.port);
    case 'configure':
      return void simulator.configure(message.settings);
    case 'stats':
      return simulator.stats();
    case 'reset':
      return void simulator.reset();
  }
}

if (!values.managed) {
  console.log(JSON.stringify({ url: await simulator.listen(Number(values.port)) }));
}

function numberFrom(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function refusalFrom(text: string | undefined) {
  return text === undefined || Number.isNaN(Number(text)) ? text : Number(text);
}
