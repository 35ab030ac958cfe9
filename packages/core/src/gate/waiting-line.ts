/** The links of somebody in a {@link WaitingLine}; they belong to the line. */
export interface InLine {
  line: WaitingLine<never> | undefined;
  priority: number;
  ahead: InLine | undefined;
  behind: InLine | undefined;
}

/** 0 is served first. */
const PRIORITIES = 10;
export const NORMAL_PRIORITY = 5;

/** What Bottleneck makes of a priority: within 0…9, and 5 when it is no integer. */
export function sanePriority(priority: unknown): number {
  if (!Number.isInteger(priority)) return NORMAL_PRIORITY;
  return Math.min(PRIORITIES - 1, Math.max(0, priority as number));
}

/** One list for each priority; joining, and leaving from anywhere, cost O(1) and allocate nothing. */
export class WaitingLine<E extends InLine = InLine> {
  readonly #first: (InLine | undefined)[] = [];
  readonly #last: (InLine | undefined)[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Who is served next: of the lowest priority number the one that came first. */
  get first(): E | undefined {
    if (this.#length === 0) return undefined;
    for (let priority = 0; priority < PRIORITIES; priority++) {
      const first = this.#first[priority];
      if (first !== undefined) return first as E;
    }
    return undefined;
  }

  /** Who would be served after all others. */
  get last(): E | undefined {
    if (this.#length === 0) return undefined;
    for (let priority = PRIORITIES - 1; priority >= 0; priority--) {
      const last = this.#last[priority];
      if (last !== undefined) return last as E;
    }
    return undefined;
  }

  /** Stands the entry behind the others of its priority. It must not stand in any line. */
  join(entry: E): void {
    const { priority } = entry;
    const last = this.#last[priority];
    entry.line = this as unknown as WaitingLine<never>;
    entry.ahead = last;
    if (last === undefined) this.#first[priority] = entry;
    else last.behind = entry;
    this.#last[priority] = entry;
    this.#length++;
  }

  /** Takes out an entry that is known to be in this line. */
  leave(entry: InLine): void {
    const { priority, ahead, behind } = entry;
    if (ahead === undefined) this.#first[priority] = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last[priority] = ahead;
    else behind.ahead = ahead;
    entry.line = undefined;
    entry.ahead = undefined;
    entry.behind = undefined;
    this.#length--;
  }
}
