/** What one caller has done to have its job run. */
export interface Caller {
  readonly job: number;
  /** Requests for the job. */
  readonly sent: number;
  /** Answers that told it that its time in the queue was over. */
  readonly timedOut: number;
  /** Times that it did not wait for the answer any longer. */
  readonly gaveUp: number;
  /** Those among them at which its job was at work. */
  readonly gaveUpAtWork: number;
  readonly answered: boolean;
}

export interface CallersOptions {
  readonly serviceUrl: string;
  /** The number of the first one's job. */
  readonly firstJob: number;
  readonly count: number;
  /** Ends their waiting the first time; otherwise they wait for as long as it takes. */
  readonly patience?: () => AbortSignal;
  readonly isAtWork: (job: number) => boolean;
}

/** A caller that sends more often than this has met something that the example does not know. */
const MOST_SENT = 5;

/** Callers that begin all at once, each with a job of its own. They change as the replay goes on. */
export function startCallers(options: CallersOptions): {
  readonly callers: readonly Caller[];
  readonly done: Promise<unknown>;
} {
  const callers = Array.from({ length: options.count }, (_, index) => {
    const none = { sent: 0, timedOut: 0, gaveUp: 0, gaveUpAtWork: 0 };
    return { job: options.firstJob + index, ...none, answered: false };
  });

  /** Until the job is done; a caller that was told to come later, or gave up, sends again at once. */
  async function insist(caller: (typeof callers)[number]): Promise<void> {
    const { job } = caller;
    while (caller.sent < MOST_SENT) {
      const signal = (caller.sent === 0 && options.patience?.()) || null;
      caller.sent++;
      try {
        const url = `${options.serviceUrl}/jobs/${job}`;
        const answer = await fetch(url, { method: 'POST', signal });
        const text = await answer.text();
        caller.answered = answer.ok;
        if (answer.ok) return;
        if (!text.includes('queue_timeout')) throw new Error(`${answer.status}: ${text}`);
        caller.timedOut++;
      } catch (error) {
        if (!signal?.aborted) throw error;
        caller.gaveUp++;
        if (options.isAtWork(job)) caller.gaveUpAtWork++;
      }
    }
    throw new Error(`job ${job} was sent ${MOST_SENT} times in vain`);
  }

  return { callers, done: Promise.all(callers.map(insist)) };
}
