/** Something that has work to do if the bytes that are being read now have not finished it. */
export interface Unfinished {
  turnEnded(): void;
}

const settled = Promise.resolve();
let unfinished: Unfinished[] | undefined;
/** Of the turn that {@link inOneTurn} ends. */
let unfinishedOfReader: Unfinished[] = [];
let isReading = false;

/**
 * Calls `turnEnded()` once, when what a socket has brought has been parsed. Most answers are
 * complete by then, so that what only the others need (a head written ahead of its body, a deadline
 * for the next chunk) costs the rest nothing. Where nobody says that it has been, in a microtask,
 * because it is the cheapest way to run after the parser: `setImmediate` costs a request 3 µs,
 * `process.nextTick` 1.
 */
export function atEndOfTurn(entry: Unfinished): void {
  if (isReading) {
    unfinishedOfReader.push(entry);
    return;
  }
  if (unfinished !== undefined) {
    unfinished.push(entry);
    return;
  }
  // Mostly it is the only one, and an array that is pushed to has room for seventeen.
  unfinished = [entry];
  settled.then(endTurn);
}

/** Has somebody read and parse, as a turn of its own. False, and nothing is done, within such a one. */
export function inOneTurn<Source>(read: (source: Source) => void, source: Source): boolean {
  if (isReading) return false;
  isReading = true;
  try {
    read(source);
  } finally {
    isReading = false;
    endReading();
  }
  return true;
}

function endReading(): void {
  if (unfinishedOfReader.length <= 1) {
    unfinishedOfReader.pop()?.turnEnded();
    return;
  }
  const entries = unfinishedOfReader;
  unfinishedOfReader = [];
  for (const entry of entries) entry.turnEnded();
}

function endTurn(): void {
  const entries = unfinished;
  unfinished = undefined;
  for (const entry of entries ?? []) entry.turnEnded();
}
