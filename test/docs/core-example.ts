import {
  Backend,
  systemClock as clock,
  type Lease,
  Pool,
  type PoolOptions,
  type ProblemError,
  Submission,
} from '@spillway/core';

export type Send = (url: URL) => Promise<number>;

/** One job, done by the first backend that takes it. */
class Job extends Submission {
  readonly done = Promise.withResolvers<number>();
  readonly #send: Send;

  constructor(pool: Pool, send: Send) {
    super(pool, 'POST', undefined);
    this.#send = send;
  }

  protected override async attempt(lease: Lease): Promise<void> {
    const statusCode = await this.#send(lease.backend.config.url as URL);
    lease.answered(statusCode, {}, clock.now()); // the breaker learns of it
    lease.release(true, clock.now()); // the place at the backend is free again
    if (this.mayResubmitAnswer(statusCode) && this.advance()) return;
    this.done.resolve(statusCode);
  }

  protected override reject(error: ProblemError): void {
    this.done.reject(error);
  }
}

export function createJobs(options: PoolOptions, send: Send) {
  const context = { clock, random: Math.random };
  const pool = new Pool('jobs', options, context, (config, _timeouts, events) => {
    return new Backend(config, clock, events);
  });
  return function run(): Promise<number> {
    const job = new Job(pool, send);
    job.begin();
    return job.done.promise;
  };
}
