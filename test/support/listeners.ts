/** How many listen for each event of an emitter. */
export function listenersOf(emitter: NodeJS.EventEmitter): Record<string, number> {
  const counts = emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]);
  return Object.fromEntries(counts.sort());
}
