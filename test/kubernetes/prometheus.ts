import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import { pathOf } from './tools.ts';

export interface Target {
  /** Host and port. */
  readonly address: string;
  /** What service discovery adds on a cluster: namespace, pod. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus of its own, in a process that ends with `stop()`. */
export interface Prometheus {
  query(promql: string): Promise<Sample[]>;
  /** The label sets of the series that match. */
  series(selector: string): Promise<Readonly<Record<string, string>>[]>;
  stop(): Promise<void>;
}

const SCRAPE_INTERVAL = '250ms';

/** Starts it on a free port of loopback; its data lie in a temporary folder. */
export async function startPrometheus(targets: readonly Target[]): Promise<Prometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-prometheus-'));
  const configuration = join(directory, 'prometheus.yml');
  const scrape = { scrape_interval: SCRAPE_INTERVAL, scrape_timeout: SCRAPE_INTERVAL };
  const static_configs = targets.map(({ address, labels }) => ({ targets: [address], labels }));
  writeFileSync(
    configuration,
    stringify({ global: scrape, scrape_configs: [{ job_name: 'pods', static_configs }] }),
  );
  const child = spawn(
    pathOf('prometheus'),
    [
      `--config.file=${configuration}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const closed = once(child, 'close');
  // A test run that is ended does not leave it behind.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await closed;
    process.off('exit', kill);
    rmSync(directory, { recursive: true, force: true });
  }

  const log: string[] = [];
  const lines = createInterface({ input: child.stderr });
  const origin = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      log.push(line);
      const [, address] = /msg="Listening on" address=(\S+)/.exec(line) ?? [];
      if (address !== undefined) resolve(`http://${address}`);
    });
    closed.then(() => reject(new Error(`Prometheus has ended:\n${log.join('\n')}`)), reject);
  });

  async function ask<T>(path: string, parameters: Record<string, string>): Promise<T> {
    const answer = await fetch(`${origin}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, data, error } = (await answer.json()) as Answer<T>;
    if (status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${error}`);
    return data;
  }
  return {
    async query(promql) {
      const { result } = await ask<{ result: readonly Vector[] }>('query', { query: promql });
      return result.map(({ metric, value: [, value] }) => ({
        labels: metric,
        value: Number(value),
      }));
    },
    series: (selector) => ask('series', { 'match[]': selector }),
    stop,
  };
}

interface Answer<T> {
  readonly status: string;
  readonly data: T;
  readonly error?: string;
}

interface Vector {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}
