import { mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { contenders, serverFile } from './contenders.ts';
import { placeOnCores } from './cores.ts';
import { createLoad } from './load/create-load.ts';
import { checkAnswer, measure } from './measure.ts';
import { startServer, stopAll } from './processes.ts';
import { rows } from './rows.ts';
import { type CpuProfile, groupOf, selfTimes } from './self-times.ts';

const usage = `node test/bench/profile.ts NAME [--row get] [--seconds 8] [--top 40]

  Where a contender's processor time goes, by self time: ${contenders.map((c) => c.name).join(', ')}.
  The first seconds of compiling are warmed away; the profile is kept in reports/ for DevTools.
`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      row: { type: 'string', default: 'get' },
      seconds: { type: 'string', default: '8' },
      top: { type: 'string', default: '40' },
    },
  });
  const contender = contenders.find(({ name }) => name === positionals[0]);
  const row = rows.find(({ name }) => name === values.row);
  if (contender === undefined || row === undefined) {
    process.stderr.write(usage);
    process.exitCode = 2;
  } else {
    await profile(contender.name, row, Number(values.seconds), Number(values.top));
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await stopAll();
}

async function profile(name: string, row: (typeof rows)[number], seconds: number, top: number) {
  const reports = fileURLToPath(new URL('../../reports/', import.meta.url));
  await mkdir(reports, { recursive: true });
  const folder = await mkdtemp(join(reports, `${name}-`));
  const cores = placeOnCores(true);
  const load = createLoad(cores.rest);
  const backend = await startServer(serverFile('backend'), { before: cores.rest });
  const server = await startServer(serverFile(name), {
    before: cores.server,
    args: [backend.url],
    execArgv: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200'],
  });
  await checkAnswer(backend, server, row);
  const warmUpSeconds = 4;
  await measure(server, load, row, warmUpSeconds);
  const sample = await measure(server, load, row, seconds);
  await server.stop();

  const [file] = (await readdir(folder)).map((entry) => join(folder, entry));
  if (file === undefined) throw new Error('The process left no profile.');
  const cpuProfile = JSON.parse(await readFile(file, 'utf8')) as CpuProfile;
  const times = selfTimes(cpuProfile, seconds);
  const busy = times.reduce((sum, { micros }) => sum + micros, 0);
  const perRequest = (micros: number) => (micros / busy) * sample.microsPerRequest;
  const line = (micros: number, text: string) =>
    `${((micros / busy) * 100).toFixed(1).padStart(6)} %` +
    `${perRequest(micros).toFixed(2).padStart(8)} µs   ${text}\n`;

  const print = (text: string) => process.stdout.write(text);
  print(
    `${name} on ${row.name}: ${sample.microsPerRequest.toFixed(1)} µs per request, profiled\n\n`,
  );
  for (const { name: function_, place, micros } of times.slice(0, top)) {
    print(line(micros, `${function_}  ${place}`));
  }
  print('\nby package\n\n');
  for (const [group, micros] of groupOf(times)) print(line(micros, group));
  print(`\n${file}\n`);
}
