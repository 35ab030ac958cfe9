import { type AnswerHeaders, askedWaitMs } from '../asked-wait.ts';
import type { Breaker, Pass } from '../breaker/breaker.ts';
import type { FailureCause } from '../breaker/trip.ts';
import { type Deadlines, type Expiring, stopDeadline } from '../deadlines.ts';
import { type ProblemError, RejectedError, UpstreamError } from '../errors.ts';
import type { Entry, Gate } from '../gate/gate.ts';
import type { Lane } from '../gate/lane.ts';
import type { Refusal, Slots, Visitor } from '../gate/slots.ts';
import { type InLine, NORMAL_PRIORITY, type WaitingLine } from '../gate/waiting-line.ts';
import { isFailureStatus } from '../pool/outcome.ts';
import type { RequestView } from '../request-view.ts';
import type { RoutePolicy } from './policy.ts';

/** `abandoned`: still at work, though its caller has left or its time was up. */
type State = 'new' | 'waiting' | 'running' | 'abandoned' | 'over';

/**
 * One request on its way through a route's policy: the breaker is asked, then the gate, then the
 * breaker again; what was taken is given back once. Knows nothing of sockets: a transport extends it.
 */
export abstract class Passage implements Visitor {
  readonly policy: RoutePolicy;
  #state: State = 'new';
  /** The one that has let it through. */
  #breaker: Breaker | undefined;
  #pass: Pass = 0;
  #judged = false;
  #arrivedAt: number | undefined;
  #startedAt = 0;

  // The gate's
  slots: Slots | undefined = undefined;
  lane: Lane | undefined = undefined;
  line: WaitingLine<never> | undefined = undefined;
  priority = NORMAL_PRIORITY;
  ahead: InLine | undefined = undefined;
  behind: InLine | undefined = undefined;
  // A deadline's: of the queue, of the work, or of what is left of it
  deadlines: Deadlines<never> | undefined = undefined;
  expiresAt = 0;
  earlier: Expiring | undefined = undefined;
  later: Expiring | undefined = undefined;

  constructor(policy: RoutePolicy) {
    this.policy = policy;
  }

  get waits(): boolean {
    return this.#state === 'waiting';
  }

  /** Whether it has been let through. */
  protected get started(): boolean {
    return this.#state === 'running' || this.isAbandoned;
  }

  /** Whether it runs on although nobody waits for its answer any more. */
  protected get isAbandoned(): boolean {
    return this.#state === 'abandoned';
  }

  /** The request goes on to what the policy protects. Must not throw. */
  protected abstract run(): void;
  /** Answers the caller. The request has not run and will not. */
  protected abstract refuse(problem: ProblemError): void;
  /** Answers the caller of a request that runs, and may go on for a while. */
  protected abstract cutShort(problem: ProblemError): void;
  /** The request has not run and will not, and there is nobody to tell. */
  protected abstract dropped(): void;
  /** The policy is done with the request. Called once. */
  protected abstract left(): void;
  /** Whether nobody waits for an answer, as far as can be told now. */
  protected abstract get isMoot(): boolean;
  /** Whether the whole answer has been given, though its last bytes may still be on their way. */
  protected abstract get isAnswered(): boolean;

  /**
   * Asks for what the request needs, and lets it run at once if it can.
   * Throws what the application's functions throw; nothing has been taken then.
   */
  begin(request: RequestView): void {
    const { breaker, gate, clock } = this.policy;
    const now = clock.now();
    this.#arrivedAt = now;
    if (breaker !== undefined && !breaker.admits) {
      this.#reject(this.#circuitOpen());
      return;
    }
    if (gate === undefined) {
      this.#start(now);
      return;
    }
    let entry: Entry;
    try {
      entry = gate.enter(this, request, now);
    } catch (error) {
      this.#over();
      throw error;
    }
    if (entry === 'running') this.#start(now);
    else if (entry === 'waiting') this.#state = 'waiting';
    else this.#reject(this.#refusalOf(entry));
  }

  turnedAway(entry: Refusal): void {
    this.#reject(this.#refusalOf(entry));
  }

  /** The gate has given the request a slot, after a wait. */
  admitted(): void {
    const { breaker, clock } = this.policy;
    // What is not used is given back first: to answer a caller may throw.
    if (this.isMoot) {
      this.#giveBackUnused();
      this.#over();
      this.dropped();
    } else if (breaker !== undefined && !breaker.admits) {
      this.#giveBackUnused();
      this.#reject(this.#circuitOpen());
    } else {
      this.#start(clock.now());
    }
  }

  expire(): void {
    const { gate } = this.policy;
    if (this.#state === 'waiting') {
      gate?.leaveLine(this);
      this.#reject(this.#queueRefusal('queue_timeout', 'no slot became free in time'));
    } else if (this.#state === 'running') {
      // A caller that reads slowly is no fault of the work.
      if (this.isAnswered) return;
      const problem = new UpstreamError('request_timeout', {
        policy: this.policy.name,
        detail: 'the request was not answered in time',
      });
      this.#fail('timeout');
      this.policy.rejected(problem.code);
      this.#observe(true, this.policy.clock.now());
      this.cutShort(problem);
    } else {
      this.#end(this.policy.clock.now());
    }
  }

  /** Whether the head of the answer is of interest as soon as it is written. */
  protected get wantsHead(): boolean {
    const breaker = this.#breaker;
    return breaker !== undefined && (breaker.rule.acceptRetryAfter || breaker.isTrial(this.#pass));
  }

  /** The head of the answer. */
  answered(statusCode: number, headers?: AnswerHeaders): void {
    const breaker = this.#breaker;
    if (breaker === undefined || this.#judged || this.#state !== 'running') return;
    if (breaker.rule.statusCodes.has(statusCode)) {
      this.#fail(statusCode, headers && askedWaitMs(headers));
    } else {
      breaker.proved(this.#pass);
    }
  }

  /** The work has ended with an answer, sent to the last byte. */
  completed(statusCode: number): void {
    const now = this.policy.clock.now();
    const breaker = this.#breaker;
    if (this.#state === 'running') this.#observe(isFailureStatus(statusCode), now);
    if (breaker !== undefined && this.#state === 'running') {
      this.answered(statusCode);
      if (!this.#judged) breaker.succeeded(this.#pass, now);
      this.#judged = true;
    }
    this.#end(now);
  }

  /** The work has broken its answer off. */
  broke(): void {
    const now = this.policy.clock.now();
    if (this.#state === 'running') {
      this.#fail('reset');
      this.#observe(true, now);
    }
    this.#end(now);
  }

  /** The work has ended, and nothing can be learnt from how: its caller had left. */
  ended(): void {
    this.#end(this.policy.clock.now());
  }

  /**
   * Nobody waits for the answer any more. What waits never runs; what runs goes on until it has
   * {@link ended}, and keeps its slot for `abandonMs` at most.
   */
  abandon(): void {
    if (this.#state === 'waiting') {
      this.policy.gate?.leaveLine(this);
      this.#over();
      this.dropped();
    } else if (this.#state === 'running') {
      const now = this.policy.clock.now();
      stopDeadline(this);
      if (!this.#judged) this.#breaker?.abandon(this.#pass);
      this.#judged = true;
      this.#state = 'abandoned';
      if (this.policy.gate === undefined) this.#end(now);
      else this.policy.abandoned.start(this, now);
    }
  }

  /** The service shuts down, and has no time for the request any more. */
  shutDown(): void {
    const problem = new RejectedError('shutting_down', {
      policy: this.policy.name,
      detail: 'the service is shutting down',
      retryAfterMs: 0,
    });
    if (this.#state === 'running') {
      this.policy.rejected(problem.code);
      this.#observe(true, this.policy.clock.now());
      this.cutShort(problem);
      this.ended();
    } else if (this.#state === 'abandoned') {
      this.ended();
    } else if (this.#state !== 'over') {
      if (this.#state === 'waiting') this.policy.gate?.leaveLine(this);
      this.#reject(problem);
    }
  }

  /** The caller has its answer. */
  #observe(failed: boolean, now: number): void {
    this.policy.level.observe(now - (this.#arrivedAt ?? now), failed, now);
  }

  #start(now: number): void {
    const { breaker, times } = this.policy;
    if (breaker !== undefined) {
      this.#breaker = breaker;
      this.#pass = breaker.begin();
    }
    this.#state = 'running';
    this.#startedAt = now;
    times?.start(this, now);
    this.run();
  }

  #fail(cause: FailureCause, waitMs?: number): void {
    if (this.#judged) return;
    this.#judged = true;
    this.#breaker?.failed(this.#pass, this.policy.clock.now(), cause, waitMs);
  }

  /** Gives back what was taken. What has not been judged by now proves nothing. */
  #end(now: number): void {
    if (this.#state === 'over') return;
    if (!this.started) {
      // Somebody has answered in its place: it will not run.
      this.abandon();
      return;
    }
    stopDeadline(this);
    if (!this.#judged) this.#breaker?.abandon(this.#pass);
    this.#over();
    this.policy.gate?.leave(this, now, now - this.#startedAt);
  }

  #giveBackUnused(): void {
    const { gate, clock } = this.policy;
    gate?.leave(this, clock.now(), undefined);
  }

  #reject(problem: ProblemError): void {
    this.policy.rejected(problem.code);
    this.#observe(true, this.policy.clock.now());
    this.#over();
    this.refuse(problem);
  }

  #over(): void {
    this.#state = 'over';
    this.left();
  }

  #circuitOpen(): RejectedError {
    const { name, breaker, clock } = this.policy;
    return new RejectedError('circuit_open', {
      policy: name,
      detail: 'too many requests have failed of late',
      retryAfterMs: breaker?.remainingMs(clock.now()) ?? 0,
    });
  }

  #refusalOf(entry: Refusal): RejectedError {
    if (entry === 'full') return this.#queueRefusal('queue_full', 'the queue is full');
    return new RejectedError('coordinator_unavailable', {
      policy: this.policy.name,
      detail: 'what other instances use cannot be known',
      retryAfterMs: 0,
    });
  }

  #queueRefusal(code: 'queue_full' | 'queue_timeout', detail: string): RejectedError {
    const { name, gate } = this.policy as { name: string; gate: Gate };
    return new RejectedError(code, {
      policy: name,
      detail,
      retryAfterMs: gate.estimateMs(this),
      ...(code === 'queue_full' && { status: gate.config.rejectStatus }),
    });
  }
}
