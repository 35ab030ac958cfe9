/** How many listen for each event of an emitter. */
export function listenersOf(emitter: NodeJS.EventEmitter): Record<string, number> {
  const names = emitter.eventNames().map(String).sort();
  return Object.fromEntries(names.map((name) => [name, emitter.listenerCount(name)]));
}
