import { parseArgs } from 'node:util';
import { contenders, serverFile } from './contenders.ts';
import { placeOnCores } from './cores.ts';
import { createLoad } from './load/create-load.ts';
import { startServer, stopAll } from './processes.ts';
import { type Profile, profileContender } from './profile-contender.ts';
import { rows } from './rows.ts';
import { groupOf } from './self-times.ts';

const usage = `node test/bench/profile.ts NAME [--row get] [--seconds 8] [--top 40]

  Where a contender's processor time goes, by self time: ${contenders.map((c) => c.name).join(', ')}.
  The first seconds of compiling are warmed away; the profile is kept in reports/ for DevTools.
`;
const warmUpSeconds = 4;

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
    const cores = placeOnCores(true);
    const load = createLoad(cores.rest);
    const backend = await startServer(serverFile('backend'), { before: cores.rest });
    const seconds = Number(values.seconds);
    const ground = { backend, load, cores };
    print(
      await profileContender(contender, row, ground, { warmUpSeconds, seconds }),
      Number(values.top),
    );
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await stopAll();
}

function print({ contender, row, microsPerRequest, times, file }: Profile, top: number): void {
  const line = (micros: number, text: string) =>
    `${((micros / microsPerRequest) * 100).toFixed(1).padStart(6)} %` +
    `${micros.toFixed(2).padStart(8)} µs   ${text}\n`;
  const write = (text: string) => process.stdout.write(text);
  write(`${contender} on ${row}: ${microsPerRequest.toFixed(1)} µs per request, profiled\n\n`);
  for (const { name, place, micros } of times.slice(0, top)) {
    write(line(micros, `${name}  ${place}`));
  }
  write('\nby package\n\n');
  for (const [group, micros] of groupOf(times)) write(line(micros, group));
  write(`\n${file}\n`);
}
