/** What becomes of an {@link Inquiry}: one of the two is called, once. */
export interface Answers<T> {
  answered(value: T): void;
  failed(error: unknown): void;
}

/**
 * One call of a function that is not ours: it may answer at once, later or never, or throw. At once
 * is told at once, so that what needs no waiting takes no turn of the event loop.
 */
export class Inquiry<T> {
  readonly #abort = new AbortController();
  readonly #answers: Answers<T>;
  #isOpen = true;

  constructor(answers: Answers<T>) {
    this.#answers = answers;
  }

  /** Whether there is no answer yet. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  ask(call: (signal: AbortSignal) => T | Promise<T>): void {
    let answer: T | Promise<T>;
    try {
      answer = call(this.#abort.signal);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (isThenable(answer)) {
      answer.then(
        (value) => this.#answered(value),
        (error: unknown) => this.#failed(error),
      );
    } else {
      this.#answered(answer);
    }
  }

  /** Gives up: this is how it has failed, whatever comes of it now. */
  giveUp(reason: Error): void {
    if (!this.#isOpen) return;
    this.#failed(reason);
    this.#abort.abort(reason);
  }

  /** Nobody wants an answer any more. */
  drop(): void {
    this.#isOpen = false;
    this.#abort.abort();
  }

  #answered(value: T): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#answers.answered(value);
  }

  #failed(error: unknown): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#answers.failed(error);
  }
}

function isThenable<T>(answer: T | Promise<T>): answer is Promise<T> {
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}
