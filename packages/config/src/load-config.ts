import { createReadStream } from 'node:fs';
import { ConfigurationError, read } from '@spillway/core';
import { type Config, FileConfig } from './config.ts';
import { ConfigurationFileError } from './configuration-file-error.ts';
import { Contents } from './contents.ts';
import { readDocument } from './document.ts';
import type { Environment } from './environment.ts';
import { ROOT } from './paths.ts';

export interface LoadConfigOptions {
  /**
   * What `${NAME}` in the file stands for: variables, or a function that is asked at each load.
   * @defaultValue `process.env`
   */
  readonly env?: Environment | (() => Environment | Promise<Environment>) | undefined;
  /**
   * How long a backend that the file no longer has may take to finish what it has, in milliseconds.
   * @defaultValue 30_000
   */
  readonly drainTimeoutMs?: number | undefined;
}

interface ReadLoadConfigOptions {
  readonly env: () => Environment | Promise<Environment>;
  readonly drainTimeoutMs: number;
}

/** A configuration of a thousand backends has a fifth of it. */
const MAX_BYTES = 1_048_576;

const readEnvironment: read.Reader<ReadLoadConfigOptions['env']> = (value, path) => {
  if (typeof value === 'function') return value as ReadLoadConfigOptions['env'];
  if (typeof value === 'object' && value !== null) return () => value as Environment;
  // The value is not shown, whatever it is.
  throw new ConfigurationError(path, 'must be an object of variables, or a function');
};

const readOptions = read.object<ReadLoadConfigOptions>({
  env: read.optional(readEnvironment, () => process.env),
  drainTimeoutMs: read.optional(read.positiveMs, 30_000),
});

/**
 * Reads pools and policies from a YAML file, for the option `config` of `createSpillway`.
 * @throws ConfigurationFileError (rejects) when the file cannot be read or is wrong: with file, line,
 * column, option and rule
 * @example
 * const config = await loadConfig('spillway.yaml');
 * const spillway = createSpillway({ config });
 * config.reloadOn('SIGHUP');
 */
export async function loadConfig(file: string, options: LoadConfigOptions = {}): Promise<Config> {
  read.nonEmptyString(file, 'loadConfig.file');
  const { env, drainTimeoutMs } = readOptions(options, 'loadConfig');
  const load = async () => {
    const environment = await environmentOf(file, env);
    const text = await readText(file);
    return new Contents(file, readDocument(text, file, environment));
  };
  return new FileConfig(await load(), load, drainTimeoutMs);
}

async function environmentOf(
  file: string,
  env: ReadLoadConfigOptions['env'],
): Promise<Environment> {
  let environment: unknown;
  try {
    environment = await env();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const rule = `needs an environment, and loadConfig.env failed: ${reason}`;
    throw new ConfigurationFileError({ file }, ROOT, rule);
  }
  if (typeof environment === 'object' && environment !== null) return environment as Environment;
  const rule = 'needs an environment, and loadConfig.env gave none';
  throw new ConfigurationFileError({ file }, ROOT, rule);
}

/** No more of it than is needed to know that it is too large. */
async function readText(file: string): Promise<string> {
  const fail = (rule: string) => new ConfigurationFileError({ file }, ROOT, rule);
  let bytes: Buffer;
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of createReadStream(file, { end: MAX_BYTES })) chunks.push(chunk);
    bytes = Buffer.concat(chunks);
  } catch (error) {
    throw fail(`cannot be read: ${(error as Error).message}`);
  }
  if (bytes.length > MAX_BYTES) throw fail(`must not be larger than ${MAX_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('must be UTF-8');
  }
}
