import type { LogEntry } from '../contract.ts';

const MAX_ENTRIES = 1_000;

export type NewEntry = Omit<LogEntry, 'id' | 'at'>;

/** What has happened, the latest thousand of it; each entry is written once. */
export class EventLog {
  readonly #entries: { readonly id: number; readonly json: string }[] = [];
  readonly #now: () => number;
  readonly #onEntry: (id: number, json: string) => void;
  #latest = 0;
  #by: string | undefined;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number, onEntry: (id: number, json: string) => void) {
    this.#now = now;
    this.#onEntry = onEntry;
  }

  /** The id of the latest entry; 0 without. */
  get latest(): number {
    return this.#latest;
  }

  add(entry: NewEntry): void {
    const id = ++this.#latest;
    const by = this.#by !== undefined && { by: this.#by };
    const json = JSON.stringify({ id, at: this.#now(), ...by, ...entry } satisfies LogEntry);
    this.#entries.push({ id, json });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
    this.#onEntry(id, json);
  }

  /** What is added meanwhile has come about by this person. */
  as(by: string, work: () => void): void {
    this.#by = by;
    try {
      work();
    } finally {
      this.#by = undefined;
    }
  }

  /** Those after the one of this id. One that has not been given yet is another process's: then all. */
  since(id: number): readonly { readonly id: number; readonly json: string }[] {
    const from = id > this.#latest ? 0 : id;
    return this.#entries.filter((entry) => entry.id > from);
  }

  get json(): string {
    return `{"entries":[${this.#entries.map(({ json }) => json).join(',')}]}`;
  }
}
