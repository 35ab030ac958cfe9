/** Something that has work to do if the current turn of the event loop has not finished it. */
export interface Unfinished {
  turnEnded(): void;
}

let unfinished: Unfinished[] = [];

/**
 * Calls `turnEnded()` once, when the sockets that are ready now have been read. Most answers are
 * complete by then, so that what only the others need (a head written ahead of its body, a deadline
 * for the next chunk) costs the rest nothing; all share one `setImmediate`.
 */
export function atEndOfTurn(entry: Unfinished): void {
  if (unfinished.push(entry) === 1) setImmediate(endTurn);
}

function endTurn(): void {
  const entries = unfinished;
  unfinished = [];
  for (const entry of entries) entry.turnEnded();
}
