// The callers, in a process of its own.
import { Pool } from 'undici';
import { seededRandom } from '../../support/seeded-random.ts';
import { KINDS, OUTCOMES } from '../kinds.ts';
import { Ledger } from '../ledger.ts';
import { answerQuestions } from '../questions.ts';
import { Call, type Caller, type Ended } from './call.ts';
import { draw } from './draw.ts';
import { SocketCall } from './socket-call.ts';

export interface LoadInput {
  readonly url: string;
  readonly seed: number;
  /** How many are under way at once. */
  readonly callers: number;
  /** How many begin in a second, at most; absent of a load without a limit. */
  readonly rate?: number | undefined;
  /** How many there are in all; absent of a load that goes on until it is told to stop. */
  readonly requests?: number | undefined;
  readonly ledger: string;
}

/** A request whose end was not among those that its kind may have. */
export interface Surprise {
  readonly id: number;
  readonly kind: string;
  readonly outcome: string;
  readonly status: number;
  readonly detail: string;
  /** Since 1970, in milliseconds. */
  readonly at: number;
}

/** An answer that broke off, which only certain backends may do. */
export interface CutOff {
  readonly id: number;
  readonly servedBy: string;
  readonly at: number;
}

/** Requests so far: a count for each outcome, for each kind. */
export type Counts = readonly (readonly number[])[];

const SHOWN_SURPRISES = 20;
/** Longer than any request may take by the time limits of the service together. */
const PATIENCE_MS = 30_000;

const { url, seed, callers, rate, requests, ledger } = JSON.parse(
  process.argv[2] ?? '',
) as LoadInput;
const random = seededRandom(seed);
const pool = new Pool(url, {
  connections: callers,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
});
const notes = new Ledger(ledger, 4_096);
const counts = KINDS.map(() => OUTCOMES.map(() => 0));
const kindNumbers = new Map(KINDS.map((kind, index) => [kind, index]));
const surprises: Surprise[] = [];
const cutOffs: CutOff[] = [];
const underWay = new Set<Caller>();
const finished = Promise.withResolvers<void>();
let last = requests ?? Number.POSITIVE_INFINITY;
let begun = 0;
let ended = 0;
let startedAt = 0;

/** One caller's next request, when it is due. */
function next(): void {
  if (begun >= last) {
    if (underWay.size === 0) finished.resolve();
    return;
  }
  const dueInMs = rate === undefined ? 0 : startedAt + (begun * 1_000) / rate - performance.now();
  if (dueInMs > 0) {
    setTimeout(next, dueInMs);
    return;
  }
  begun += 1;
  const drawn = draw(begun, random);
  const onEnd = (end: Ended) => {
    underWay.delete(call);
    note(end);
    next();
  };
  const call = drawn.kind.socket ? new SocketCall(url, drawn, onEnd) : new Call(drawn, onEnd);
  underWay.add(call);
  if (call instanceof Call) call.begin(pool);
}

function note({ drawn, outcome, status, servedBy, detail }: Ended): void {
  const { id, kind } = drawn;
  const number = kindNumbers.get(kind) ?? 0;
  const outcomeNumber = OUTCOMES.indexOf(outcome);
  const ofKind = counts[number] as number[];
  ofKind[outcomeNumber] = (ofKind[outcomeNumber] ?? 0) + 1;
  ended += 1;
  notes.note(id, number, outcomeNumber);
  if (outcome === 'ok' || outcome === 'left') return;
  const at = Date.now();
  if (outcome === 'cut_off') cutOffs.push({ id, servedBy, at });
  if (kind.may.includes(outcome) || surprises.length >= SHOWN_SURPRISES) return;
  surprises.push({ id, kind: kind.name, outcome, status, detail, at });
}

/** An answer that never comes is a failure, and must not keep the soak from ending. */
const impatience = setInterval(() => {
  const since = performance.now() - PATIENCE_MS;
  for (const call of underWay) if (call.startedAt < since) call.giveUp();
}, 1_000);

const answers = {
  begin: () => {
    startedAt = performance.now();
    for (let caller = 0; caller < callers; caller += 1) next();
  },
  counts: (): { ended: number; counts: Counts } => ({ ended, counts }),
  /** Resolves when nothing is under way, which is when all requests are made, or after {@link stop}. */
  finished: async () => {
    await finished.promise;
    clearInterval(impatience);
    notes.close();
    await pool.close();
    return { counts: counts as Counts, surprises, cutOffs };
  },
  stop: () => {
    last = begun;
  },
};
export type LoadAnswers = typeof answers;

process.on('disconnect', () => process.exit());
answerQuestions(answers);
