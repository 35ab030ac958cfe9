import { isIdempotent, KINDS, type Kind, NEVER_RAN, OUTCOMES, type Outcome } from '../kinds.ts';
import { readLedger } from '../ledger.ts';

/** What of the callers' ledger and those of the backends does not go together, and how much there was. */
export interface Account {
  /** Requests that each backend noted, refused ones too. */
  readonly received: Readonly<Record<string, number>>;
  /** Requests that must not be served twice, and that were served at all. */
  readonly posts: number;
  /** Of those, the ids of those that more than one backend has acted on. */
  readonly twice: readonly number[];
  /** Answered with 200, and served by nobody. */
  readonly unserved: readonly number[];
  /** Told that they never ran, and served all the same. */
  readonly servedThough: readonly number[];
  /** Served, and sent by nobody. */
  readonly unknown: readonly number[];
}

/** One request as its caller saw it. */
export interface Sent {
  readonly kind: Kind;
  readonly outcome: Outcome;
}

const SHOWN = 10;
/** Rule 11: with those a backend has refused the work. */
const REFUSED_UNSERVED = new Set([429, 503]);
const throughBackends = new Set<Kind['route']>(['pool', 'narrow', 'fetch']);

/** Gathers what callers and backends have noted, request by request. */
export class Accounting {
  readonly #sent = new Map<number, number>();
  readonly #served = new Map<number, number>();
  /** Backends that may have done something for the request: all but those that refused it. */
  readonly #acted = new Map<number, number>();
  readonly #received: Record<string, number> = {};

  sent(id: number, { kind, outcome }: Sent): void {
    this.#sent.set(id, KINDS.indexOf(kind) * OUTCOMES.length + OUTCOMES.indexOf(outcome));
  }

  /** @param copy a request that a shadow was given, which is served beside the caller's own */
  received(backend: string, id: number, status: number, copy: boolean): void {
    this.#received[backend] = (this.#received[backend] ?? 0) + 1;
    if (copy || REFUSED_UNSERVED.has(status)) return;
    this.#acted.set(id, (this.#acted.get(id) ?? 0) + 1);
    if (status === 200) this.#served.set(id, (this.#served.get(id) ?? 0) + 1);
  }

  close(): Account {
    let posts = 0;
    const twice: number[] = [];
    const unserved: number[] = [];
    const servedThough: number[] = [];
    for (const [id, code] of this.#sent) {
      const kind = KINDS[Math.floor(code / OUTCOMES.length)] as Kind;
      const outcome = OUTCOMES[code % OUTCOMES.length] as Outcome;
      if (!throughBackends.has(kind.route)) continue;
      const served = this.#served.get(id) ?? 0;
      if (!isIdempotent(kind) && served > 0) posts += 1;
      if (!isIdempotent(kind) && (this.#acted.get(id) ?? 0) > 1) twice.push(id);
      if (outcome === 'ok' && served === 0) unserved.push(id);
      if (NEVER_RAN.includes(outcome) && served > 0) servedThough.push(id);
    }
    const unknown = [...this.#acted.keys()].filter((id) => !this.#sent.has(id));
    return {
      received: this.#received,
      posts,
      twice: twice.slice(0, SHOWN),
      unserved: unserved.slice(0, SHOWN),
      servedThough: servedThough.slice(0, SHOWN),
      unknown: unknown.slice(0, SHOWN),
    };
  }
}

/** @param backends their ledgers, by id */
export function readAccount(
  callers: string,
  backends: readonly { readonly id: string; readonly ledger: string }[],
  candidate: string,
): Account {
  const accounting = new Accounting();
  readLedger(callers, (id, kind, outcome) => {
    accounting.sent(id, { kind: KINDS[kind] as Kind, outcome: OUTCOMES[outcome] as Outcome });
  });
  for (const { id: backend, ledger } of backends) {
    readLedger(ledger, (id, _generation, status) => {
      accounting.received(backend, id, status, backend === candidate);
    });
  }
  return accounting.close();
}
