/** What can be broken in the service, to see that the soak notices. */
export const SABOTAGES = [
  /** a slot of a gate that does not come back */
  'permit',
  /** one slot more than there should be */
  'slots',
  /** bytes that are kept for each request */
  'heap',
  /** a timer that is never cleared */
  'timer',
  /** something that Node warns of */
  'warning',
  /** the last byte of a request's body */
  'body',
  /** a POST that is sent twice */
  'twice',
] as const;

export type Sabotage = (typeof SABOTAGES)[number];

const NTH = 100;
const KEPT_LENGTH = 3_000;
const kept: unknown[] = [];

/** What goes wrong beside requests, of those sabotages that do; called for each request. */
export function spoil(sabotages: ReadonlySet<Sabotage>, request: number): void {
  if (sabotages.has('heap')) kept.push(new Array(KEPT_LENGTH).fill(request));
  if (request !== NTH) return;
  if (sabotages.has('timer')) setInterval(() => {}, 1_000_000);
  if (sabotages.has('warning')) process.emitWarning('more listeners than there should be');
}
