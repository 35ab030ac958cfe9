import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHeaders, ProblemError } from '@spillway/core';
import { type BoundToConnection, onConnectionClose } from '../connection-close.ts';
import { watchHead } from '../watch-answer.ts';
import { makeLate, watchEnd } from './late-response.ts';

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
}

const WORK = Symbol('spillway.work');

interface Worked {
  [WORK]?: Work | undefined;
}

function onResponseClose(this: ServerResponse & Worked): void {
  this[WORK]?.closed();
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

/**
 * What is done for one request, from the first policy that lets it through to the end of the
 * response, or of the handler if the response has ended before it.
 */
export class Work implements RequestContext, BoundToConnection {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse & Worked;
  #innermost: Participant | undefined;
  #controller: AbortController | undefined;
  /** Absent when the caller has left: an exception costs 4 µs, and few ask for it. */
  #problem: ProblemError | undefined;
  #gaveUp = false;
  /** Nobody waits for the handler any more. */
  #abandoned = false;
  #watchesHead = false;

  constructor(request: IncomingMessage, response: ServerResponse & Worked) {
    this.#request = request;
    this.#response = response;
    response[WORK] = this;
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

  /** Whether the caller has gone, as far as can be told now. */
  get callerIsGone(): boolean {
    const { destroyed, socket } = this.#response;
    return destroyed || (socket === null && this.#request.socket.destroyed);
  }

  /** Whether the handler has ended the response; its last bytes may still be on their way. */
  get isAnswered(): boolean {
    return this.#response.writableEnded && !this.#abandoned;
  }

  /** Whether the policy has let the request through already. */
  isInside(policy: object): boolean {
    for (let each = this.#innermost; each !== undefined; each = each.outer) {
      if (each.policy === policy) return true;
    }
    return false;
  }

  join(participant: Participant): void {
    participant.outer = this.#innermost;
    this.#innermost = participant;
  }

  leave(participant: Participant): void {
    if (this.#innermost === participant) {
      this.#innermost = participant.outer;
      return;
    }
    for (let each = this.#innermost; each !== undefined; each = each.outer) {
      if (each.outer === participant) each.outer = participant.outer;
    }
  }

  /** Tells the participants of the answer's head as soon as it is written. */
  watchHead(): void {
    if (this.#watchesHead) return;
    this.#watchesHead = true;
    watchHead(this.#response, (statusCode, headers) => {
      if (!this.#abandoned) this.#each((participant) => participant.answered(statusCode, headers));
    });
  }

  connectionClosed(): void {
    this.closed();
  }

  /** The response has closed. */
  closed(): void {
    if (this.#abandoned) return;
    const { writableEnded, writableFinished, statusCode } = this.#response;
    if (!writableEnded && !this.#gaveUp) {
      if (this.#innermost?.waits !== true) watchEnd(this.#response, () => this.handlerEnded());
      this.#abandon(undefined);
    } else if (writableFinished && writableEnded) {
      this.#each((participant) => participant.completed(statusCode));
    } else if (this.#gaveUp) {
      this.#each((participant) => participant.broke());
    } else {
      this.#each((participant) => participant.ended());
    }
  }

  /** The response is being destroyed, by those who work on it or by Node. */
  givenUp(): void {
    // Node does it to those that wait behind others on a connection that has closed.
    if (!this.#request.socket.destroyed) this.#gaveUp = true;
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
    const { headersSent, writableEnded } = response;
    this.#abandoned = true;
    if (headersSent) {
      cutOff(response);
      if (!writableEnded) this.#makeLate(by);
    } else {
      by.answer(problem);
      if (response.writableEnded) this.#makeLate(by);
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

  #each(tell: (participant: Participant) => void): void {
    let participant = this.#innermost;
    while (participant !== undefined) {
      const { outer } = participant;
      tell(participant);
      participant = outer;
    }
  }
}
