import type { ServerResponse } from 'node:http';
import type { Stream } from 'node:stream';
import type { ClientAttempt } from './client-attempt.ts';
import { ClientExchange } from './client-exchange.ts';
import { GivenBody } from './given-body.ts';

/** A request that is answered on its response. */
export class WebExchange extends ClientExchange {
  override start(): void {
    const { buffer } = this.options;
    if (buffer === undefined) {
      super.start();
    } else if (this.prepareStart()) {
      this.body = new GivenBody(buffer);
      this.begin();
    }
  }

  protected override get subject(): ServerResponse {
    return this.response;
  }

  protected override submit(attempt: ClientAttempt): void {
    const { options, request, response, forwarding } = this;
    // Of a source httpxy wants no more than `pipe`, but where it keeps the body.
    options.buffer = (forwarding.maxRedirects > 0
      ? attempt.stream()
      : attempt) as unknown as Stream;
    forwarding.attempts.web(request, response, options).catch(ignore);
  }
}

/** The response has failed, and will close. */
function ignore(): void {}
