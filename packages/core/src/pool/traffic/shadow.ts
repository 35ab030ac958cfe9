import { Breaker, type Pass } from '../../breaker/breaker.ts';
import { followRule } from '../../breaker/follow-rule.ts';
import type { BreakerRule } from '../../breaker/rule.ts';
import type { Clock, Random } from '../../clock.ts';
import { ConfigurationError } from '../../errors.ts';
import { callable, object, oneOf, optional } from '../../options.ts';
import type { Backend } from '../backend.ts';
import { type AttemptFailure, type AttemptOutcome, OUTCOMES, outcomeOf } from '../outcome.ts';

/** One of the two answers that are compared. */
export interface ComparedAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Its first 64 KiB. */
  readonly body: Buffer;
  /** Whether more has come. */
  readonly truncated: boolean;
}

/**
 * Says whether the two answers are alike, now or by a promise: `false`, a string that says how they
 * differ, or anything thrown is a mismatch. Called after the caller has been answered.
 */
export type CompareAnswers = (primary: ComparedAnswer, shadow: ComparedAnswer) => unknown;

export interface ShadowOptions {
  /**
   * Which requests are copied: GET, HEAD and OPTIONS, or all, which then act twice.
   * @defaultValue `'safe'`
   */
  readonly methods?: 'safe' | 'all' | undefined;
  /** @defaultValue none */
  readonly compare?: CompareAnswers | undefined;
}

/** What a backend is sent copies of, as the pool's event `shadow` tells it. */
export interface ShadowSetting {
  readonly backend: string;
  /** 0: of nothing. */
  readonly proportion: number;
  readonly methods: 'safe' | 'all';
}

/** Two answers that differed. */
export interface Mismatch {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly reason: string;
  readonly primaryStatus: number;
  readonly shadowStatus: number;
}

/** `dropped`: not sent, because too many were under way, its breaker was open, or its body not kept. */
export type ShadowOutcome = AttemptOutcome | 'dropped';

export interface ShadowStatus {
  readonly backend: string;
  readonly proportion: number;
  readonly methods: 'safe' | 'all';
  readonly inFlight: number;
  readonly requests: Readonly<Record<ShadowOutcome, number>>;
  readonly compared: number;
  readonly mismatches: number;
  /** The latest mismatches. */
  readonly samples: readonly Mismatch[];
}

/** Copies under way at once, for each shadow. */
const MAX_IN_FLIGHT = 100;
const MAX_SAMPLES = 5;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

const readOptions = object({
  methods: optional(oneOf('safe', 'all'), 'safe'),
  compare: optional(callable<CompareAnswers>()),
});

export type ReadShadowOptions = ReturnType<typeof readOptions>;

export function readShadowOptions(options: unknown, path: string): ReadShadowOptions {
  return readOptions(options, path);
}

export function readProportion(value: unknown, path: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ConfigurationError(path, 'must be a proportion from 0 to 1', value);
}

/**
 * Copies of a pool's requests to one backend, which nobody waits for. What comes of them counts for
 * the shadow alone: it has a breaker of its own by the backend's rule, and trips nothing else.
 */
export class Shadow<B extends Backend = Backend> {
  readonly backend: B;
  #proportion = 0;
  #methods: 'safe' | 'all' = 'safe';
  #compare: CompareAnswers | undefined;
  readonly #clock: Clock;
  #breaker: Breaker | undefined;
  readonly #counts = new Map<ShadowOutcome, number>(
    [...OUTCOMES, 'dropped' as const].map((outcome) => [outcome, 0]),
  );
  #inFlight = 0;
  #compared = 0;
  #mismatches = 0;
  readonly #samples: Mismatch[] = [];

  constructor(backend: B, clock: Clock) {
    this.backend = backend;
    this.#clock = clock;
    this.followBackend();
  }

  get breaker(): Breaker | undefined {
    return this.#breaker;
  }

  /** Takes the rule of its backend, which may be another one. */
  followBackend(): void {
    const make = (rule: BreakerRule) => new Breaker(`shadow ${this.backend.id}`, rule, this.#clock);
    this.#breaker = followRule(this.#breaker, this.backend.config.breaker, make);
  }

  /** Copies that are under way stay, and what was counted. */
  set(proportion: number, { methods, compare }: ReadShadowOptions): void {
    this.#proportion = proportion;
    this.#methods = methods;
    this.#compare = compare;
  }

  get compare(): CompareAnswers | undefined {
    return this.#compare;
  }

  counts(): ReadonlyMap<ShadowOutcome, number> {
    return this.#counts;
  }

  get mismatches(): number {
    return this.#mismatches;
  }

  /** Whether this request is to be copied; a draw of its own. */
  draws(method: string, random: Random): boolean {
    if (this.#methods === 'safe' && !SAFE_METHODS.has(method)) return false;
    return this.#proportion === 1 || random() < this.#proportion;
  }

  /** A place for one copy; `undefined`, and counted, when there is none. */
  take(now: number): ShadowLease<B> | undefined {
    const mayBe = this.#inFlight < MAX_IN_FLIGHT && this.breaker?.admits !== false;
    if (!mayBe || !this.backend.takeForCopy(this.#inFlight)) {
      this.drop();
      return undefined;
    }
    this.#inFlight++;
    return new ShadowLease(this, now);
  }

  drop(): void {
    this.#count('dropped');
  }

  /** Called by the lease alone. */
  ended(outcome: AttemptOutcome): void {
    this.#inFlight--;
    this.backend.copyEnded();
    this.#count(outcome);
  }

  /** Both have been answered. What `compare` throws is a mismatch, and fails nothing. */
  async judge(
    method: string,
    path: string,
    primary: ComparedAnswer,
    shadow: ComparedAnswer,
  ): Promise<void> {
    const compare = this.#compare;
    if (compare === undefined) return;
    this.#compared++;
    const statuses = { primaryStatus: primary.status, shadowStatus: shadow.status };
    let verdict: unknown;
    try {
      verdict = await compare(primary, shadow);
    } catch (error) {
      verdict = error instanceof Error && error.message;
    }
    if (verdict !== false && typeof verdict !== 'string') return;
    this.#mismatches++;
    this.#samples.push({
      method,
      path,
      reason: verdict === false ? 'not alike' : verdict,
      ...statuses,
    });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  status(): ShadowStatus {
    return {
      backend: this.backend.id,
      proportion: this.#proportion,
      methods: this.#methods,
      inFlight: this.#inFlight,
      requests: Object.fromEntries(this.#counts) as Record<ShadowOutcome, number>,
      compared: this.#compared,
      mismatches: this.#mismatches,
      samples: [...this.#samples],
    };
  }

  dispose(): void {
    this.#breaker?.dispose();
  }

  #count(outcome: ShadowOutcome): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
  }
}

/** One copy's place at its shadow, given back once. */
export class ShadowLease<B extends Backend = Backend> {
  readonly backend: B;
  readonly startedAt: number;
  readonly #shadow: Shadow<B>;
  readonly #breaker: Breaker | undefined;
  readonly #pass: Pass;
  #outcome: AttemptOutcome = 'cancelled';
  #judged = false;
  #released = false;

  constructor(shadow: Shadow<B>, now: number) {
    this.backend = shadow.backend;
    this.startedAt = now;
    this.#shadow = shadow;
    this.#breaker = shadow.breaker;
    this.#pass = this.#breaker?.begin() ?? 0;
  }

  answered(statusCode: number, _headers: unknown, now: number): void {
    this.#outcome = outcomeOf(statusCode);
    const breaker = this.#breaker;
    if (breaker === undefined) return;
    if (breaker.rule.statusCodes.has(statusCode)) this.#fail(now, statusCode);
    else breaker.proved(this.#pass);
  }

  failed(failure: AttemptFailure, now: number): void {
    this.#outcome = failure;
    this.#fail(now, undefined);
  }

  cutOff(): void {
    this.#outcome = 'cancelled';
  }

  release(complete: boolean, now: number): void {
    if (this.#released) return;
    this.#released = true;
    if (!this.#judged) {
      if (complete) this.#breaker?.succeeded(this.#pass, now);
      else this.#breaker?.abandon(this.#pass);
    }
    this.#shadow.ended(this.#outcome);
  }

  #fail(now: number, statusCode: number | undefined): void {
    if (this.#judged) return;
    this.#judged = true;
    this.#breaker?.failed(this.#pass, now, statusCode);
  }
}
