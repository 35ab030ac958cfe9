import { type Contender, processOf } from './contenders.ts';
import type { Cores } from './cores.ts';
import type { LoadGenerator } from './load/target.ts';
import { checkAnswer, measure, type Sample } from './measure.ts';
import { type Pair, type Plan, roundsOf, warmUpOf } from './plan.ts';
import { type ServerProcess, startServer } from './processes.ts';

export interface Measured {
  readonly row: string;
  readonly contender: string;
  /** One for each round, until it failed. */
  readonly samples: Sample[];
  /** Why it has none, or no more. */
  failure?: string;
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
 * fails once on a row is left out of it from then on: the others are still compared with each other.
 */
export async function measureRounds(
  plan: Plan,
  { backend, load, cores }: Ground,
  progress: Progress,
): Promise<readonly Measured[]> {
  const entries = plan.pairs.map((pair) => ({
    pair,
    measured: { row: pair.row.name, contender: pair.contender.name, samples: [] } as Measured,
  }));

  for (const generation of plan.generations.keys()) {
    const rounds = ({ pair }: Entry) => roundsOf(plan, pair, generation);
    const due = entries.filter((entry) => rounds(entry) > 0);
    const rows = plan.rows.filter((row) => due.some(({ pair }) => pair.row === row));
    const servers = new Map<Contender, ServerProcess>();
    /** Lets each of them do its work, `first` places on; what goes wrong is its failure. */
    const each = async (chosen: Entry[], first: number, work: Work) => {
      for (const { pair, measured } of rotate(chosen, first)) {
        const server = servers.get(pair.contender);
        if (server === undefined || measured.failure !== undefined) continue;
        await work(server, measured).catch((error: Error) => {
          measured.failure = error.message;
        });
      }
    };

    try {
      for (const contender of plan.contenders) {
        const own = due.filter(({ pair }) => pair.contender === contender);
        if (own.every(({ measured }) => measured.failure !== undefined)) continue;
        progress(`starting ${contender.name}`);
        const { file, args } = processOf(contender, backend.url);
        await startServer(file, { before: cores.server, args }).then(
          (server) => servers.set(contender, server),
          (error: Error) => {
            for (const { measured } of own) measured.failure = `could not start: ${error.message}`;
          },
        );
      }
      for (const row of rows) {
        const onRow = due.filter(({ pair }) => pair.row === row);
        await each(onRow, generation, async (server, { contender }) => {
          progress(`warming up ${contender} on ${row.name}`);
          await checkAnswer(backend, server, row);
          await measure(server, load, row, warmUpOf(plan, row));
        });
      }
      const most = Math.max(0, ...due.map(rounds));
      for (let round = 0; round < most; round += 1) {
        for (const row of rows) {
          const onRow = due.filter((entry) => entry.pair.row === row && round < rounds(entry));
          await each(onRow, round, async (server, { contender, samples }) => {
            progress(`generation ${generation + 1}, round ${round + 1}: ${contender}, ${row.name}`);
            samples.push(await measure(server, load, row, plan.seconds));
          });
        }
      }
    } finally {
      await Promise.all([...servers.values()].map((server) => server.stop()));
    }
  }
  return entries.map(({ measured }) => measured);
}

interface Entry {
  readonly pair: Pair;
  readonly measured: Measured;
}

type Work = (server: ServerProcess, entry: Measured) => Promise<unknown>;

function rotate<T>(items: readonly T[], by: number): T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
