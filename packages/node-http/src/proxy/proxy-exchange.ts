import type { Lease, ProblemError } from '@spillway/core';
import { Attempt, type AttemptOwner } from '../attempt.ts';
import { cameByHttps, setAnswerHeaders } from '../headers.ts';
import type { HttpBackend } from '../http-backend.ts';
import { endsByItself } from '../route/work.ts';
import { MAX_TEXT_BYTES } from '../single-write.ts';
import { submit } from '../submit.ts';
import { IncomingExchange } from './incoming-exchange.ts';

/** A request of `node:http` that undici sends on. */
export class ProxyExchange extends IncomingExchange<Attempt> implements AttemptOwner {
  /** The head that is to be written with the first chunk, or at the end of this turn. */
  #pendingHead: Attempt | undefined;
  #listensForDrain = false;

  /** The caller has taken what was written. */
  resume(): void {
    this.current?.resume();
  }

  flushHead(): void {
    if (this.#pendingHead === undefined) return;
    if (this.#writeHead(this.#pendingHead)) this.response.flushHeaders();
  }

  protected override makeAttempt(lease: Lease<HttpBackend>): Attempt {
    return new Attempt(this, lease);
  }

  protected override send(attempt: Attempt): void {
    submit(this, attempt);
  }

  protected override deliverHead(attempt: Attempt): void {
    this.#pendingHead = attempt;
  }

  protected override deliverChunk(chunk: Buffer): boolean {
    const head = this.#pendingHead;
    const response = this.response;
    if (response.writableEnded) {
      this.abandon();
      return true;
    }
    this.joinOthers();
    if (head !== undefined) {
      if (!this.#writeHead(head)) return true;
      if (head.headers['content-length'] === String(chunk.length)) {
        // As text, body and head are one write. But other middleware may have put its own end()
        // there, and not all of it minds the encoding.
        if (chunk.length <= MAX_TEXT_BYTES && endsByItself(response)) {
          response.end(chunk.toString('latin1'), 'latin1');
        } else {
          response.end(chunk);
        }
        return true;
      }
    }
    if (response.write(chunk)) return true;
    if (!this.#listensForDrain) {
      this.#listensForDrain = true;
      // Not by `this`: compressing middleware puts the listener on a stream of its own.
      response.on('drain', () => this.resume());
    }
    return false;
  }

  protected override deliverEnd(): void {
    if (this.#pendingHead !== undefined && !this.#writeHead(this.#pendingHead)) return;
    if (!this.response.writableEnded) this.response.end();
  }

  protected override refuse(problem: ProblemError): void {
    this.#pendingHead = undefined;
    super.refuse(problem);
  }

  #writeHead(attempt: Attempt): boolean {
    this.#pendingHead = undefined;
    const response = this.response;
    if (response.writableEnded) {
      // The application has answered in the meantime: a deadline of its own, say.
      this.abandon();
      return false;
    }
    try {
      setAnswerHeaders(response, attempt.headers);
      if (this.issued !== undefined) {
        response.appendHeader('set-cookie', this.issued.setCookie(cameByHttps(this)));
      }
      if (this.pool.active.windingDown) response.setHeader('connection', 'close');
      response.writeHead(attempt.statusCode);
      return true;
    } catch (error) {
      for (const name of Object.keys(attempt.headers)) {
        if (!response.headersSent) response.removeHeader(name);
      }
      this.malformed(attempt, error);
      return false;
    }
  }
}
