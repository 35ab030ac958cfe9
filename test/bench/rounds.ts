import { serverFile } from './contenders.ts';
import type { Cores } from './cores.ts';
import type { LoadGenerator } from './load/target.ts';
import { checkAnswer, measure, type Sample } from './measure.ts';
import { type Plan, roundsOf } from './plan.ts';
import { type ServerProcess, startServer } from './processes.ts';
import type { Row } from './rows.ts';

export interface Measured {
  readonly row: string;
  readonly contender: string;
  /** One for each round, until the contender failed. */
  readonly samples: Sample[];
}

/** What became of a run: the figures, and why a contender has none or no more. */
export interface Measurement {
  readonly measured: readonly Measured[];
  readonly failures: ReadonlyMap<string, string>;
}

/** What every contender meets. */
export interface Ground {
  readonly backend: ServerProcess;
  readonly load: LoadGenerator;
  readonly cores: Cores;
}

export type Progress = (text: string) => void;

/**
 * Measures in rounds. In each round every contender has its window on a row right after the others,
 * so that what disturbs the machine for longer than a round disturbs them alike; and each round
 * begins with the next contender, so that none always follows the same neighbour. A contender that
 * fails once is left out from then on: the others are still compared with each other.
 */
export async function measureRounds(
  plan: Plan,
  { backend, load, cores }: Ground,
  progress: Progress,
): Promise<Measurement> {
  const measured: Measured[] = plan.pairs.map(({ contender, row }) => ({
    row: row.name,
    contender: contender.name,
    samples: [],
  }));
  const failures = new Map<string, string>();

  for (const generation of plan.generations.keys()) {
    const rows = plan.rows.filter((row) => roundsOf(plan, row, generation) > 0);
    const servers = new Map<string, ServerProcess>();
    /** Lets each contender of a row do its work, `first` places on; what goes wrong is its failure. */
    const each = async (row: Row, first: number, work: Work) => {
      for (const entry of rotate(
        measured.filter((e) => e.row === row.name),
        first,
      )) {
        const server = servers.get(entry.contender);
        if (server === undefined || failures.has(entry.contender)) continue;
        await work(server, entry).catch((error: Error) =>
          failures.set(entry.contender, error.message),
        );
      }
    };

    try {
      const due = plan.contenders.filter(
        ({ name }) =>
          !failures.has(name) &&
          plan.pairs.some((pair) => pair.contender.name === name && rows.includes(pair.row)),
      );
      for (const { name } of due) {
        progress(`starting ${name}`);
        await startServer(serverFile(name), { before: cores.server, args: [backend.url] }).then(
          (server) => servers.set(name, server),
          (error: Error) => failures.set(name, `could not start: ${error.message}`),
        );
      }
      for (const row of rows) {
        await each(row, generation, async (server, { contender }) => {
          progress(`warming up ${contender} on ${row.name}`);
          await checkAnswer(backend, server, row);
          await measure(server, load, row, plan.warmUpSeconds);
        });
      }
      const most = Math.max(0, ...rows.map((row) => roundsOf(plan, row, generation)));
      for (let round = 0; round < most; round += 1) {
        for (const row of rows.filter((r) => round < roundsOf(plan, r, generation))) {
          await each(row, round, async (server, { contender, samples }) => {
            progress(`generation ${generation + 1}, round ${round + 1}: ${contender}, ${row.name}`);
            samples.push(await measure(server, load, row, plan.seconds));
          });
        }
      }
    } finally {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    }
  }
  return { measured, failures };
}

type Work = (server: ServerProcess, entry: Measured) => Promise<unknown>;

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
