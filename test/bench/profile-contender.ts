import { mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contender, processOf } from './contenders.ts';
import { checkAnswer, measure } from './measure.ts';
import { startServer } from './processes.ts';
import type { Ground } from './rounds.ts';
import type { Row } from './rows.ts';
import { type CpuProfile, type SelfTime, selfTimes } from './self-times.ts';

/** Where a contender's processor time goes, function by function. */
export interface Profile {
  readonly contender: string;
  readonly row: string;
  /** Processor time per request, profiling included. */
  readonly microsPerRequest: number;
  /** µs per request that each function took itself, the dearest first. */
  readonly times: readonly SelfTime[];
  /** The whole profile, for DevTools. */
  readonly file: string;
}

export interface ProfileTime {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Profiles a contender on a row, in a process of its own. */
export async function profileContender(
  contender: Contender,
  row: Row,
  { backend, load, cores }: Ground,
  { warmUpSeconds, seconds }: ProfileTime,
): Promise<Profile> {
  const reports = fileURLToPath(new URL('../../reports/profiles/', import.meta.url));
  await mkdir(reports, { recursive: true });
  const folder = await mkdtemp(join(reports, `${contender.name}-${row.name}-`));
  const { file: serverFile, args } = processOf(contender, backend.url);
  const server = await startServer(serverFile, {
    before: cores.server,
    args,
    execArgv: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200'],
  });
  const profiled = async () => {
    await checkAnswer(backend, server, row);
    await measure(server, load, row, warmUpSeconds);
    return measure(server, load, row, seconds);
  };
  // What fails must not stay on the core of whoever is profiled next.
  const { microsPerRequest } = await profiled().finally(() => server.stop());

  const [file] = (await readdir(folder)).map((entry) => join(folder, entry));
  if (file === undefined) throw new Error('The process left no profile.');
  const times = selfTimes(JSON.parse(await readFile(file, 'utf8')) as CpuProfile, seconds);
  const busy = times.reduce((sum, { micros }) => sum + micros, 0);
  return {
    contender: contender.name,
    row: row.name,
    microsPerRequest,
    times: times.map((time) => ({ ...time, micros: (time.micros / busy) * microsPerRequest })),
    file,
  };
}
