import { RoutePassage } from './route-passage.ts';

/** A passage whose work is over when the promise of what comes after it settles, as in Koa. */
export abstract class SettlingPassage extends RoutePassage {
  readonly settles = true;
  /** The passages that it stands within, and that stand within it, for good: others may have left. */
  #within: SettlingPassage | undefined;
  #inside: SettlingPassage | undefined;
  #pending = false;

  /** The promise of what comes after is awaited from now on. */
  protected began(): void {
    this.#pending = true;
    if (this.outer instanceof SettlingPassage) {
      this.#within = this.outer;
      this.#within.#inside = this;
    }
  }

  protected settled(): void {
    this.#pending = false;
    for (let each: SettlingPassage | undefined = this; each !== undefined; each = each.#within) {
      each.#endIfOver();
    }
  }

  override abandon(): void {
    super.abandon();
    this.#endIfOver();
  }

  /**
   * One further in may have been answered in its handler's place: then middleware in between has
   * gone on, and settled, while that handler still works.
   */
  #endIfOver(): void {
    if (!this.isAbandoned) return;
    for (let each: SettlingPassage | undefined = this; each !== undefined; each = each.#inside) {
      if (each.#pending) return;
    }
    this.ended();
  }
}
