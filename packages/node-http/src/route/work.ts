import { type IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHeaders, ProblemError } from '@spillway/core';
import { type BoundToConnection, onConnectionClose } from '../connection-close.ts';
import { atEndOfTurn, type Unfinished } from '../end-of-turn.ts';
import { watchHead } from '../watch-answer.ts';
import { makeLate } from './late-response.ts';

/** What a handler is told of the request that it works on. */
export interface RequestContext {
  /** Aborted when nobody waits for the answer any more: the caller has left, or the time is up. */
  readonly signal: AbortSignal;
}

/** A policy's part in the work, which is told how it goes. */
export interface Participant {
  readonly policy: object;
  /** The participant that let the request through before; the work's to write. */
  outer: Participant | undefined;
  /** Its work is over when a promise settles, whatever becomes of the response. */
  readonly settles: boolean;
  /** It has not let the request through yet. */
  readonly waits: boolean;
  answered(statusCode: number, headers: AnswerHeaders): void;
  completed(statusCode: number): void;
  broke(): void;
  ended(): void;
  /** Nobody waits for the answer any more. */
  abandon(): void;
  /** Answers the caller in the handler's place. */
  answer(problem: ProblemError): void;
  /** The last byte has left, or the connection has closed. */
  closed(): void;
}

const WORK = Symbol('spillway.work');

interface Worked {
  [WORK]?: Work | undefined;
}

function onResponseClose(this: ServerResponse & Worked): void {
  this[WORK]?.closed();
}

/** A handler ends the response: its work is over, though the last bytes may still be on their way. */
function endWorked(this: ServerResponse & Worked, ...args: unknown[]): ServerResponse {
  const work = this[WORK] as Work;
  const returned = Reflect.apply(work.endBefore, this, args) as ServerResponse;
  work.handlerAnswered();
  return returned;
}

/** A handler, or a stream that it has piped into the response, gives up. */
function destroyWorked(this: ServerResponse & Worked, error?: Error): ServerResponse {
  this[WORK]?.givenUp();
  return cutOff(this, error);
}

function cutOff(response: ServerResponse, error?: Error): ServerResponse {
  return Object.getPrototypeOf(response).destroy.call(response, error) as ServerResponse;
}

/** The work on this request: the one that is there, or a new one. */
export function workOn(request: IncomingMessage, response: ServerResponse & Worked): Work {
  return response[WORK] ?? new Work(request, response);
}

/** The response's work is over, though nobody will end the response: its caller has left. */
export function endWork(response: ServerResponse & Worked): void {
  response[WORK]?.handlerEnded();
}

/** Whether nobody but us has put an `end()` of his own there. */
export function endsByItself(response: ServerResponse & Worked): boolean {
  const { end } = response;
  const plain = ServerResponse.prototype.end;
  return end === plain || (end === endWorked && response[WORK]?.endBefore === plain);
}

/**
 * What is done for one request, from the first policy that lets it through until the handler has
 * ended the response, or, if nobody waits for that any more, has come to its own end.
 */
export class Work implements RequestContext, BoundToConnection, Unfinished {
  readonly endBefore: ServerResponse['end'];
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse & Worked;
  #innermost: Participant | undefined;
  /** Those that are done with the request before its last byte has left. */
  #lingering: Participant | undefined;
  #controller: AbortController | undefined;
  /** Absent when the caller has left: an exception costs 4 µs, and few ask for it. */
  #problem: ProblemError | undefined;
  #answered = false;
  #gaveUp = false;
  /** Nobody waits for the handler any more. */
  #abandoned = false;
  #closed = false;
  #watchesHead = false;

  constructor(request: IncomingMessage, response: ServerResponse & Worked) {
    this.#request = request;
    this.#response = response;
    this.endBefore = response.end;
    response[WORK] = this;
    response.end = endWorked as ServerResponse['end'];
    response.destroy = destroyWorked;
    response.on('close', onResponseClose);
    // Its response is not told that it closes when it stands behind others.
    if (response.socket === null) onConnectionClose(request.socket, response, this);
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abandoned) this.#abort(this.#controller);
    }
    return this.#controller.signal;
  }

  /** Whether the caller has gone, as far as can be told now, or was answered in the handler's place. */
  get isAbandoned(): boolean {
    const { destroyed, socket } = this.#response;
    return this.#abandoned || destroyed || (socket === null && this.#request.socket.destroyed);
  }

  /** Whether the response has been ended; its last bytes may still be on their way. */
  get isAnswered(): boolean {
    return this.#answered || this.#response.writableEnded;
  }

  /** Whether the policy has let the request through already. */
  isInside(policy: object): boolean {
    for (let each = this.#innermost; each !== undefined; each = each.outer) {
      if (each.policy === policy) return true;
    }
    return false;
  }

  /** Asks the caller not to use its connection again. */
  closeConnection(): void {
    if (!this.#response.headersSent) this.#response.setHeader('connection', 'close');
  }

  join(participant: Participant): void {
    participant.outer = this.#innermost;
    this.#innermost = participant;
  }

  /**
   * The participant is done with the request; it is told when the response has closed.
   * @returns whether that is still to come
   */
  leave(participant: Participant): boolean {
    if (this.#innermost === participant) {
      this.#innermost = participant.outer;
    } else {
      for (let each = this.#innermost; each !== undefined; each = each.outer) {
        if (each.outer === participant) each.outer = participant.outer;
      }
    }
    if (!this.#answered || this.#closed) return false;
    participant.outer = this.#lingering;
    this.#lingering = participant;
    return true;
  }

  /** Tells the participants of the answer's head as soon as it is written. */
  watchHead(): void {
    if (this.#watchesHead) return;
    this.#watchesHead = true;
    watchHead(this.#response, (statusCode, headers) => {
      if (!this.#abandoned) this.#each((participant) => participant.answered(statusCode, headers));
    });
  }

  /** The handler has ended the response. */
  handlerAnswered(): void {
    if (this.#abandoned || this.#answered || this.#gaveUp) return;
    this.#answered = true;
    // Later, so that what follows the end in the handler comes before the next request.
    atEndOfTurn(this);
  }

  turnEnded(): void {
    const { statusCode } = this.#response;
    this.#each((participant) => participant.completed(statusCode));
  }

  connectionClosed(): void {
    this.closed();
  }

  /** The response has closed. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#gaveUp) {
      this.#each((participant) => participant.broke());
    } else if (!this.#abandoned && !this.#answered) {
      const idle = this.#innermost?.waits === true;
      if (!idle) makeLate(this.#response, () => this.handlerEnded(), false);
      this.#abandon(undefined);
    }
    this.#letGo();
  }

  /** The response is being destroyed, by those who work on it or by Node. */
  givenUp(): void {
    // Node does it to those that wait behind others on a connection that has closed.
    const byThem = !this.#request.socket.destroyed && !this.#answered;
    if (byThem && !this.#abandoned) this.#gaveUp = true;
    this.handlerEnded();
  }

  /** Those who work on a response that nobody waits for have come to their end. */
  handlerEnded(): void {
    if (!this.#abandoned) return;
    this.#each((participant) => {
      if (!participant.settles) participant.ended();
    });
  }

  /** Answers the caller with the problem, or cuts the answer off; the handler may go on for a while. */
  cutShort(problem: ProblemError, by: Participant): void {
    if (this.#abandoned) return;
    const response = this.#response;
    this.#abandoned = true;
    if (response.headersSent) {
      cutOff(response);
      if (!this.#answered) this.#makeLate(by);
    } else {
      by.answer(problem);
      // Others may still delay the end of it, but the handler must not write into it any more.
      if (response.headersSent) this.#makeLate(by);
      else response.once('finish', () => this.#makeLate(by));
    }
    this.#abandon(problem);
  }

  #makeLate(by: Participant): void {
    makeLate(this.#response, () => this.handlerEnded(), !by.settles);
  }

  #abandon(problem: ProblemError | undefined): void {
    this.#abandoned = true;
    this.#problem = problem;
    // Nobody works yet on what still waits at its innermost policy.
    const idle = this.#innermost?.waits === true;
    this.#each((participant) => participant.abandon());
    if (idle) this.handlerEnded();
    if (this.#controller !== undefined) this.#abort(this.#controller);
  }

  #abort(controller: AbortController): void {
    controller.abort(this.#problem ?? new DOMException('the caller has left', 'AbortError'));
  }

  #letGo(): void {
    let participant = this.#lingering;
    this.#lingering = undefined;
    while (participant !== undefined) {
      const { outer } = participant;
      participant.closed();
      participant = outer;
    }
  }

  #each(tell: (participant: Participant) => void): void {
    let participant = this.#innermost;
    while (participant !== undefined) {
      const { outer } = participant;
      tell(participant);
      participant = outer;
    }
  }
}
