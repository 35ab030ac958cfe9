import { KINDS, type Kind } from '../kinds.ts';
import type { Asked } from '../wire.ts';

/** A request as it was drawn. */
export interface Drawn extends Asked {
  readonly kind: Kind;
  /** When its caller leaves, in milliseconds; `undefined` of one that stays. */
  readonly leavesAfterMs: number | undefined;
  /** Of which its tenant and its priority follow. */
  readonly session: number;
}

const LEAVING_SHARE = 0.025;
const LONGEST_STAY_MS = 25;
const REFUSED_SHARE = 0.03;
const WORKING_SHARE = 0.3;
const LONGEST_WORK_MS = 12;
/** Longer than `protected` allows. */
const TOO_LONG_MS = 90;
const TOO_LONG_SHARE = 0.1;
const SESSIONS = 40;

/** Answered by handlers of the service itself. */
const MOUNTED = new Set<Kind['route']>(['limited', 'keyed', 'protected']);

/** Each kind as often as it weighs, in hundredths: to draw one is to look it up. */
const lots = KINDS.flatMap((kind) => new Array<Kind>(kind.weight * 100).fill(kind));

/** The request of that id: the same for the same chance. */
export function draw(id: number, random: () => number): Drawn {
  const kind = lots[Math.floor(random() * lots.length)] as Kind;
  const between = ([from, to]: readonly [number, number]) =>
    Math.floor(from + random() * (to - from + 1));
  const { refusals = [] } = kind;
  const refusal =
    random() < REFUSED_SHARE ? (refusals[Math.floor(random() * refusals.length)] ?? 0) : 0;
  // A gate has a queue only where its handlers take their time.
  const works = MOUNTED.has(kind.route) || random() < WORKING_SHARE;
  const tooLong = kind.route === 'protected' && random() < TOO_LONG_SHARE;
  return {
    id,
    kind,
    bodyBytes: kind.body === undefined ? 0 : between(kind.body),
    answerBytes: between(kind.answer),
    pieces: kind.pieces ?? 1,
    workMs: tooLong ? TOO_LONG_MS : works ? between([1, LONGEST_WORK_MS]) : 0,
    refusal,
    leavesAfterMs: random() < LEAVING_SHARE ? random() * LONGEST_STAY_MS : undefined,
    session: Math.floor(random() * SESSIONS),
  };
}
