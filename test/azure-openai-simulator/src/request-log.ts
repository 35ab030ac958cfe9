import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** `served`: a whole 200. `refused`: 429. `failed`: any other status, or broken on purpose. `aborted`: the caller left. */
export type Outcome = 'running' | 'served' | 'refused' | 'failed' | 'aborted';

/** One request as it arrived, and what became of it. Times are the clock's milliseconds. */
export interface RequestRecord {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodyBytes: number;
  readonly bodySha256: string;
  readonly streamed: boolean;
  /** Charged to the quota; 0 for a refused request. */
  readonly tokens: number;
  /** 0 until decided, and for a connection ended without an answer. */
  readonly status: number;
  readonly outcome: Outcome;
  readonly durationMs: number;
}

/** Everything that arrived within one second of the clock, by arrival. */
export interface SecondStats {
  readonly at: number;
  readonly requests: number;
  readonly served: number;
  readonly refused: number;
  readonly tokens: number;
}

export interface SimulatorStats {
  readonly requests: number;
  readonly running: number;
  readonly served: number;
  readonly refused: number;
  readonly failed: number;
  readonly aborted: number;
  readonly tokens: number;
  /** Seconds in which nothing arrived are left out. At most the last hour. */
  readonly perSecond: readonly SecondStats[];
  readonly records: readonly RequestRecord[];
}

type Open<T> = { -readonly [K in keyof T]: T[K] };
export type OpenRecord = Open<RequestRecord> & {
  /** Tells a connection that the simulator broke from one that the caller left. */
  brokenOnPurpose?: boolean;
};

const KEPT_SECONDS = 3_600;

/** Counts what the deployment did and keeps the last requests. */
export class RequestLog {
  #counts = noCounts();
  #running = new Set<OpenRecord>();
  #seconds = new Map<number, Open<SecondStats>>();
  #records: OpenRecord[] = [];

  open(request: IncomingMessage, body: Buffer, at: number, recordLimit: number): OpenRecord {
    const record: OpenRecord = {
      at,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      bodyBytes: body.length,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      streamed: false,
      tokens: 0,
      status: 0,
      outcome: 'running',
      durationMs: 0,
    };
    this.#counts.requests += 1;
    this.#running.add(record);
    this.#secondOf(at).requests += 1;
    this.#records.push(record);
    // In bulk: shifting a full array by one for every request costs more than the request.
    if (this.#records.length >= 2 * recordLimit) this.#trim(recordLimit);
    return record;
  }

  charge(record: OpenRecord, tokens: number): void {
    record.tokens = tokens;
    this.#counts.tokens += tokens;
    this.#secondOf(record.at).tokens += tokens;
  }

  /** Ends a record. Does nothing for one that has ended, or was open at a `reset`. */
  close(record: OpenRecord, outcome: Exclude<Outcome, 'running'>, now: number): void {
    if (!this.#running.delete(record)) return;
    record.outcome = outcome;
    record.durationMs = now - record.at;
    this.#counts[outcome] += 1;
    if (outcome === 'served' || outcome === 'refused') this.#secondOf(record.at)[outcome] += 1;
  }

  stats(recordLimit: number): SimulatorStats {
    this.#trim(recordLimit);
    const perSecond = [...this.#seconds.values()].map((second) => ({ ...second }));
    const records = this.#records.map(({ brokenOnPurpose: _, ...record }) => record);
    return { ...this.#counts, running: this.#running.size, perSecond, records };
  }

  reset(): void {
    this.#counts = noCounts();
    this.#running.clear();
    this.#seconds.clear();
    this.#records = [];
  }

  #trim(recordLimit: number): void {
    if (this.#records.length > recordLimit) {
      this.#records = recordLimit === 0 ? [] : this.#records.slice(-recordLimit);
    }
  }

  #secondOf(at: number): Open<SecondStats> {
    const index = Math.floor(at / 1000);
    let second = this.#seconds.get(index);
    if (!second) {
      second = { at: index * 1000, requests: 0, served: 0, refused: 0, tokens: 0 };
      this.#seconds.set(index, second);
      if (this.#seconds.size > KEPT_SECONDS) {
        this.#seconds.delete(this.#seconds.keys().next().value as number);
      }
    }
    return second;
  }
}

function noCounts() {
  return { requests: 0, served: 0, refused: 0, failed: 0, aborted: 0, tokens: 0 };
}
