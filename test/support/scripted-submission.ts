import {
  type AttemptFailure,
  Backend,
  type Coordinator,
  type Lease,
  Pool,
  type PoolOptions,
  type ProblemError,
  type Random,
  type RequestView,
  Submission,
} from '@spillway/core';
import { FakeClock } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

/** A pool whose backends are chosen and counted, but never called. */
export function scriptedPool(
  { backends, ...options }: PoolOptions,
  clock = new FakeClock(),
  random: Random = seededRandom(1),
  coordinator?: Coordinator,
): Pool {
  const withUrls = backends.map((backend) =>
    backend.handler === undefined ? { url: `https://${backend.id}.test`, ...backend } : backend,
  );
  return new Pool(
    'chat',
    { backends: withUrls, ...options },
    { clock, random, coordinator },
    (config, _timeouts, events, share) => new Backend(config, clock, events, share),
  );
}

/** How a backend treats an attempt: answers with a status, or fails. */
export type Reply = number | AttemptFailure | { status: number; headers: Record<string, string> };

/** A request whose backends do what the test says; the rules of re-submission are the pool's own. */
export class ScriptedSubmission extends Submission {
  /** One for each attempt, in order. */
  readonly leases: Lease[] = [];
  /** What the caller got. */
  answer: number | undefined;
  problem: ProblemError | undefined;
  /** Called at each attempt. */
  onAttempt: ((lease: Lease) => void) | undefined;
  #current: Lease | undefined;

  constructor(pool: Pool, method = 'POST', request?: RequestView) {
    super(pool, method, request && pool.keyHashOf(request));
  }

  /** The attempt that has no answer yet. */
  get current(): Lease | undefined {
    return this.#current;
  }

  get over(): boolean {
    return this.answer !== undefined || this.problem !== undefined;
  }

  /** The ids of the backends that it was submitted to. */
  get path(): string[] {
    return this.tried.map(({ id }) => id);
  }

  /** What the caller would be told if there were nothing left to try. */
  verdict(): ProblemError {
    return this.exhausted();
  }

  /** Begins, and lets the backend that is asked serve it; gives that one's id. */
  play200(): string {
    this.begin();
    this.reply(200);
    return this.path.at(-1) ?? 'nobody';
  }

  /** Begins, and lets each backend that is asked reply as the script says. */
  play(script: Readonly<Record<string, Reply>>): this {
    this.begin();
    while (this.#current !== undefined) {
      const reply = script[this.#current.backend.id];
      if (reply === undefined) throw new Error(`no reply of ${this.#current.backend.id}`);
      if (typeof reply === 'string') this.fail(reply);
      else if (typeof reply === 'number') this.reply(reply);
      else this.reply(reply.status, reply.headers);
    }
    return this;
  }

  /** A whole answer: its head, what follows from it, its end. */
  reply(statusCode: number, headers: Record<string, string> = {}): void {
    this.head(statusCode, headers).release(true, this.#now);
  }

  /** The head of an answer. Release the lease when its body ends. */
  head(statusCode: number, headers: Record<string, string> = {}): Lease {
    const lease = this.#take();
    lease.answered(statusCode, headers, this.#now);
    if (!(this.mayResubmitAnswer(statusCode) && this.advance())) {
      this.answer = statusCode;
      this.pool.served(lease.backend);
    }
    return lease;
  }

  fail(failure: AttemptFailure, sent = failure !== 'connect_error'): void {
    const lease = this.#take();
    lease.failed(failure, this.#now);
    lease.release(false, this.#now);
    if (!this.mayResubmitFailure(failure, sent)) this.problem = this.failure();
    else if (!this.advance()) this.problem = this.exhausted();
  }

  /** The caller leaves. */
  leave(): void {
    this.leaveQueue();
    if (this.#current !== undefined) this.#take().release(false, this.#now);
  }

  protected override attempt(lease: Lease): void {
    this.leases.push(lease);
    this.#current = lease;
    this.onAttempt?.(lease);
  }

  protected override reject(problem: ProblemError): void {
    if (this.over) throw new Error('answered twice');
    this.problem = problem;
  }

  get #now(): number {
    return this.pool.clock.now();
  }

  #take(): Lease {
    const lease = this.#current;
    if (lease === undefined) throw new Error('no attempt is under way');
    this.#current = undefined;
    return lease;
  }
}

/** Reserved capacity, and what takes over when it is gone. */
export const ptu = {
  id: 'ptu',
  priority: 1,
  breaker: { failureCount: 3, tripDurationMs: 60_000, acceptRetryAfter: true },
};
export const payg = { id: 'payg', priority: 2 };

/** Which backends a request is submitted to, in order, when they answer by the script. */
export function pathOf(pool: Pool, script: Parameters<ScriptedSubmission['play']>[0]) {
  return new ScriptedSubmission(pool).play(script).path;
}
