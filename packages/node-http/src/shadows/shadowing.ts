import type { ComparedAnswer, Shadow } from '@spillway/core';
import type { RequestBody } from '../body/body.ts';
import type { ConnectedPool } from '../connected-pool.ts';
import type { FlatHeaders } from '../headers.ts';
import type { HttpBackend } from '../http-backend.ts';
import { targetPath } from '../path.ts';
import { AnswerSample, ShadowCopy } from './shadow-copy.ts';

/** The request that is copied. */
export interface Shadowed {
  readonly pool: ConnectedPool;
  readonly method: string;
  readonly target: string;
  readonly body: RequestBody;
  headersFor(backend: HttpBackend): FlatHeaders;
}

/** The copies of one request, and what its caller got if any of them is compared with it. */
export class Shadowing {
  /** The caller's answer; `undefined` when nobody compares it. */
  readonly sample: AnswerSample | undefined;
  readonly #answered = Promise.withResolvers<AnswerSample | undefined>();

  private constructor(shadows: readonly Shadow<HttpBackend>[]) {
    if (shadows.some(({ compare }) => compare !== undefined)) this.sample = new AnswerSample();
  }

  /** Draws for each of the pool's shadows; `undefined` when none is to get a copy. */
  static begin(shadowed: Shadowed): Shadowing | undefined {
    const { pool, method, body } = shadowed;
    const drawn = pool.shadows.filter((shadow) => shadow.draws(method, pool.random));
    if (drawn.length === 0) return undefined;
    const shadowing = new Shadowing(drawn);
    body.whole((bytes) => {
      // Later, so that the caller's own request is on its way before.
      setImmediate(() => {
        for (const shadow of drawn) shadowing.#send(shadowed, shadow, bytes);
      });
    });
    return shadowing;
  }

  /** The caller has been answered by a backend, or by nobody. */
  ended(byBackend: boolean): void {
    this.#answered.resolve(byBackend ? this.sample : undefined);
  }

  #send(shadowed: Shadowed, shadow: Shadow<HttpBackend>, bytes: Buffer | null | undefined): void {
    const { pool, method, target } = shadowed;
    // The shadow, or the pool, may have been ended since the draw.
    if (bytes === undefined || !pool.shadows.includes(shadow) || !pool.active.accepting) {
      shadow.drop();
      return;
    }
    const lease = shadow.take(pool.clock.now());
    if (lease === undefined) return;
    const { backend } = shadow;
    const compares = shadow.compare !== undefined;
    const copy = new ShadowCopy(
      pool,
      compares ? (answer) => this.#compare(shadowed, shadow, answer) : undefined,
    );
    const path = targetPath(backend.basePath, target);
    copy.send(shadow, lease, path, method, shadowed.headersFor(backend), bytes);
  }

  async #compare(
    { method, target }: Shadowed,
    shadow: Shadow<HttpBackend>,
    answer: ComparedAnswer,
  ): Promise<void> {
    const primary = await this.#answered.promise;
    if (primary === undefined) return;
    const query = target.indexOf('?');
    const path = query === -1 ? target : target.slice(0, query);
    await shadow.judge(method, path, primary.answer, answer);
  }
}
