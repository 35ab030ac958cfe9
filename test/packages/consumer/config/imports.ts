import { writeFileSync } from 'node:fs';
import { type Config, ConfigurationFileError, loadConfig } from '@spillway/config';
import schema from '@spillway/config/schema.json' with { type: 'json' };
import { createSpillway } from '@spillway/express';
import express from 'express';

const file = new URL('./spillway.yaml', import.meta.url).pathname;
const limit = (maxCount: unknown) =>
  writeFileSync(file, `limitConcurrency:\n  reports: { maxCount: ${maxCount} }\n`);

limit(1);
const config: Config = await loadConfig(file, { env: {} });
const spillway = createSpillway({ config });
const app = express();
app.use(spillway.limitConcurrency({ name: 'reports', key: (req) => req.ip }));
limit(2);
const { changed } = await config.reload();
const { reports } = spillway.status().gates;
if (changed[0] !== 'limitConcurrency(reports)' || reports?.maxCount !== 2) {
  throw new Error(`unexpected: ${changed}, ${JSON.stringify(reports)}`);
}
limit('many');
const error: unknown = await config.reload().catch((thrown: unknown) => thrown);
if (!(error instanceof ConfigurationFileError) || error.line !== 2) throw error;
if (schema.title !== 'Spillway configuration') throw new Error('the schema is another one');
await spillway.shutdown();
console.log(`imported on Node ${process.version}: works`);
