import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type {
  Change,
  History,
  Log,
  LogEntry,
  Point,
  Session,
  Snapshot,
} from '../../src/contract.ts';
import type { Steering } from '../steering/steering.ts';
import { type ChangeRequest, get, RefusedError, refusalOf, send } from './api.ts';

/** `refused`: the service does not let us in; we go on asking. */
export type Link = 'connecting' | 'live' | 'stale' | 'lost' | 'refused';

/** The charts' fifteen minutes, in points. */
const MAX_POINTS = 180;
const MAX_ENTRIES = 1_000;
/** Snapshots come once a second. */
const STALE_MS = 4_000;
/** A connection that is silent for so long is dead, whatever the browser thinks. */
const SILENT_MS = 15_000;
const RETRY_MS = { first: 1_000, longest: 15_000 } as const;

/** What the server says, kept as it says it; nothing is shown that it has not said. */
export class Room {
  readonly snapshot = signal<Snapshot | undefined>(undefined);
  readonly points = signal<readonly Point[]>([]);
  readonly log = signal<readonly LogEntry[]>([]);
  readonly session = signal<Session | undefined>(undefined);
  /** Why we are not let in, or why the history is missing. */
  readonly problem = signal<string | undefined>(undefined);
  /** What the operator is about to change. */
  readonly steering = signal<Steering | undefined>(undefined);
  /** What was changed last, for a person. */
  readonly notice = signal<string | undefined>(undefined);
  /** Since the last snapshot, in milliseconds; looked at once a second. */
  readonly ageMs = signal(0);
  readonly #connection = signal<'connecting' | 'open' | 'lost' | 'refused'>('connecting');
  /** When the last snapshot came, and when the connection was last tried. */
  #seenAt = 0;
  #triedAt = 0;
  #source: EventSource | undefined;
  #retryMs: number = RETRY_MS.first;
  #retry: ReturnType<typeof setTimeout> | undefined;

  readonly link: ReadonlySignal<Link> = computed(() => {
    const connection = this.#connection.value;
    if (connection !== 'open') return connection;
    if (this.snapshot.value === undefined) return 'connecting';
    return this.ageMs.value > STALE_MS ? 'stale' : 'live';
  });
  readonly maySteer = computed(() => this.session.value?.role === 'operator');

  /** Begins to listen, and goes on until the page is closed. */
  enter(): void {
    this.#connect();
    setInterval(() => this.#look(), 1_000);
  }

  /** What is left of a time that the last snapshot gave. */
  leftOf(remainingMs: number): number {
    return Math.max(0, remainingMs - this.ageMs.value);
  }

  /** Asks what a change would do, or makes it. A token of a process that has ended is renewed once. */
  async change(request: ChangeRequest, dryRun: boolean, signal?: AbortSignal): Promise<Change> {
    const attempt = () => {
      const token = this.session.value?.token ?? '';
      return send(request, { token, dryRun, ...(signal && { signal }) });
    };
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof RefusedError) || error.problem.code !== 'wrong_token') throw error;
      this.session.value = await get<Session>('session');
      return attempt();
    }
  }

  #connect(): void {
    this.#source?.close();
    const source = new EventSource('stream');
    this.#source = source;
    this.#triedAt = performance.now();
    source.onopen = () => void this.#catchUp(source);
    source.onerror = () => this.#failed(source);
    source.addEventListener('status', ({ data }) => {
      this.#seenAt = performance.now();
      this.ageMs.value = 0;
      this.snapshot.value = JSON.parse(data) as Snapshot;
    });
    source.addEventListener('point', ({ data }) => {
      this.#plot([JSON.parse(data) as Point]);
    });
    source.addEventListener('log', ({ data }) => this.#append([JSON.parse(data) as LogEntry]));
  }

  /** What was said before the connection was open, or while it was lost; maybe by a new process. */
  async #catchUp(source: EventSource): Promise<void> {
    try {
      const [session, history, { entries }] = await Promise.all([
        get<Session>('session'),
        get<History>('history'),
        get<Log>('log'),
      ]);
      if (source !== this.#source) return;
      this.#retryMs = RETRY_MS.first;
      batch(() => {
        this.session.value = session;
        this.#plot(history.points);
        this.#append(entries);
        this.problem.value = undefined;
        this.#connection.value = 'open';
      });
    } catch (error) {
      this.#giveUp(source, error);
    }
  }

  #plot(points: readonly Point[]): void {
    const known = new Map([...this.points.value, ...points].map((point) => [point.at, point]));
    const sorted = [...known.values()].sort((one, other) => one.at - other.at);
    this.points.value = sorted.slice(-MAX_POINTS);
  }

  /** Ids begin anew with each process, so that the time is part of what an entry is known by. */
  #append(entries: readonly LogEntry[]): void {
    const known = new Map<string, LogEntry>();
    for (const entry of [...this.log.value, ...entries]) {
      const key = `${entry.at}:${entry.id}`;
      if (!known.has(key)) known.set(key, entry);
    }
    const sorted = [...known.values()].sort((one, other) => one.at - other.at || one.id - other.id);
    this.log.value = sorted.slice(-MAX_ENTRIES);
  }

  /** The browser asks again by itself, unless what it was answered was no stream. */
  #failed(source: EventSource): void {
    if (source !== this.#source) return;
    if (source.readyState !== EventSource.CLOSED) {
      this.#connection.value = 'lost';
      return;
    }
    refusalOf('stream').then(
      (refusal) => this.#giveUp(source, refusal),
      (error) => this.#giveUp(source, error),
    );
  }

  /** Unless another has taken its place meanwhile. */
  #giveUp(source: EventSource, error: unknown): void {
    if (source !== this.#source) return;
    source.close();
    this.#connection.value = error instanceof RefusedError ? 'refused' : 'lost';
    this.problem.value = error instanceof RefusedError ? error.message : undefined;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(RETRY_MS.longest, this.#retryMs * 2);
  }

  #look(): void {
    const now = performance.now();
    this.ageMs.value = this.snapshot.value === undefined ? 0 : now - this.#seenAt;
    const silentMs = now - Math.max(this.#seenAt, this.#triedAt);
    if (silentMs > SILENT_MS && this.#connection.value === 'open') {
      this.#connection.value = 'lost';
      this.#connect();
    }
  }
}

const RoomContext = createContext<Room | undefined>(undefined);
export const RoomProvider = RoomContext.Provider;

export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room === undefined) throw new Error('there is no room around this component');
  return room;
}

/** Ends what was told after a while. */
export function fadeNotices(room: Room, afterMs: number): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    clearTimeout(timer);
    if (room.notice.value === undefined) return;
    timer = setTimeout(() => {
      room.notice.value = undefined;
    }, afterMs);
  });
}
