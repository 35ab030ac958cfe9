import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@spillway/config';
import { createSpillway, type Logger } from '@spillway/express';
import express from 'express';

/** A service whose pool and limit are the file's, and whose keys are mounted as files of their own. */
export async function createService(file: string, secrets: string, logger: Logger) {
  const secret = async (name: string) => (await readFile(join(secrets, name), 'utf8')).trim();
  const config = await loadConfig(file, {
    env: async () => ({
      ...process.env,
      BLUE_KEY: await secret('blue-key'),
      GREEN_KEY: await secret('green-key'),
    }),
  });
  const spillway = createSpillway({ config, logger });
  config.reloadOn('SIGHUP');

  const app = express();
  app.use('/prices', spillway.limitConcurrency({ name: 'callers' }));
  app.use('/prices', spillway.proxy(spillway.pool('prices')));
  return { app, spillway };
}
