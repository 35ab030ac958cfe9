import { inspect, isDeepStrictEqual } from 'node:util';
import {
  type Clock,
  type Configurable,
  type Configuration,
  ConfigurationError,
  type Logger,
  type PlannedChange,
  type PolicyCall,
  silentLogger,
  type Timer,
} from '@spillway/core';
import { ConfigurationFileError } from './configuration-file-error.ts';
import { type Contents, type Entry, type Options, pathOf } from './contents.ts';
import { merge } from './merge.ts';
import { pathOfPolicy, ROOT, sectionOf } from './paths.ts';

/** What a reload has changed. */
export interface ReloadReport {
  /** The policies whose options are other ones now: `pool(chat)`, `limitConcurrency(reports)`. */
  readonly changed: readonly string[];
}

/** A file's pools and policies, for the option `config` of `createSpillway`. */
export interface Config extends Configuration {
  /**
   * Reads the file again and applies what has changed: all of it in one step, or nothing.
   * @throws ConfigurationFileError (rejects) when the file cannot be read, is wrong, or asks for what
   * cannot change while the service runs; the old configuration goes on then
   */
  reload(): Promise<ReloadReport>;
  /**
   * Has the process reload on this signal, until the service has shut down; while it winds down the
   * signal changes nothing. How it went is told to the logger. Gives a function that ends it.
   */
  reloadOn(signal: NodeJS.Signals): () => void;
}

/** A policy of the code's that follows the file. */
interface Follower {
  readonly given: unknown;
  readonly policy: Configurable;
}

/** So late after the start all policies of a service should be made. */
const UNUSED_AFTER_MS = 10_000;

/** The options without which a policy is none: who gives them in code does not mean the file. */
const ESSENTIAL: Readonly<Record<PolicyCall, readonly string[]>> = {
  pool: ['backends'],
  limitConcurrency: ['maxCount'],
  circuitBreaker: ['failureCount', 'failurePercentage'],
  protect: ['concurrency', 'breaker', 'timeoutMs'],
};

/** Nothing of what the file says can be seen from outside: there are credentials among it. */
export class FileConfig implements Config {
  readonly #load: () => Promise<Contents>;
  readonly #drainTimeoutMs: number;
  /** By name. */
  readonly #followers = new Map<string, Follower>();
  readonly #endings = new Set<() => void>();
  #contents: Contents;
  #logger: Logger | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #unusedTimer: Timer | undefined;
  #startIsOver = false;
  #closed = false;

  /** @param load reads the file anew */
  constructor(contents: Contents, load: () => Promise<Contents>, drainTimeoutMs: number) {
    this.#contents = contents;
    this.#load = load;
    this.#drainTimeoutMs = drainTimeoutMs;
  }

  join({ logger, clock }: { readonly logger: Logger; readonly clock: Clock }): void {
    if (this.#logger !== undefined) {
      const rule = 'belongs to another createSpillway: load the file once for each';
      throw new ConfigurationError('createSpillway.config', rule);
    }
    this.#logger = logger;
    this.#unusedTimer = clock.setTimer(() => {
      this.#startIsOver = true;
      this.#tellOfUnused([...this.#contents.entries.values()]);
    }, UNUSED_AFTER_MS);
    this.#unusedTimer.unref?.();
  }

  configure<P extends Configurable>(
    call: PolicyCall,
    name: string | undefined,
    given: unknown,
    make: (options: unknown) => P,
  ): P {
    if (name === undefined) return make(given);
    const entry = this.#contents.entries.get(name);
    if (entry?.call !== call) {
      this.#refuseUnlessOwn(call, name, given, entry);
      return make(given);
    }
    const policy = make(this.#optionsOf(this.#contents, entry, given));
    this.#followers.set(name, { given, policy });
    return policy;
  }

  reload(): Promise<ReloadReport> {
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  reloadOn(signal: NodeJS.Signals): () => void {
    const onSignal = () => void this.reload().catch(() => {});
    const end = () => {
      process.off(signal, onSignal);
      this.#endings.delete(end);
    };
    process.on(signal, onSignal);
    this.#endings.add(end);
    return end;
  }

  close(ended: Promise<void>): void {
    this.#closed = true;
    this.#unusedTimer?.cancel();
    // Not before: a signal that nobody listens to ends the process, with all that still runs.
    void ended.then(() => {
      for (const end of [...this.#endings]) end();
    });
  }

  toJSON(): object {
    return { file: this.#contents.file };
  }

  [inspect.custom](): string {
    return `Config(${this.#contents.file})`;
  }

  async #reload(): Promise<ReloadReport> {
    const logger = this.#logger ?? silentLogger;
    try {
      const contents = await this.#load();
      if (this.#closed) throw contents.error(ROOT, 'cannot change after shutdown()');
      const before = this.#contents;
      const changed = this.#change(contents);
      logger.info('configuration applied', { file: contents.file, changed });
      if (this.#startIsOver) {
        const all = [...contents.entries.values()];
        this.#tellOfUnused(all.filter(({ name }) => !before.entries.has(name)));
      }
      return { changed };
    } catch (error) {
      logger.error('configuration refused', detailsOf(error));
      throw error;
    }
  }

  /** Everything is checked before anything is changed, and nobody is served in between. */
  #change(contents: Contents): string[] {
    const before = this.#contents;
    const plans = new Map<string, PlannedChange>();
    for (const [name, { given, policy }] of this.#followers) {
      const old = before.entries.get(name) as Entry;
      const entry = contents.entries.get(name);
      if (entry?.call !== old.call) {
        const rule = 'must stay in the file while the service runs: the code uses it';
        throw contents.error(pathOf(old), rule);
      }
      if (isDeepStrictEqual(entry.options, old.options)) continue;
      const options = this.#optionsOf(contents, entry, given);
      const removal = { drainTimeoutMs: this.#drainTimeoutMs };
      plans.set(
        pathOf(entry),
        contents.located(() => policy.plan(options, removal)),
      );
    }
    for (const plan of plans.values()) plan.apply();
    this.#contents = contents;
    for (const plan of plans.values()) plan.settle();
    return [...plans.keys()];
  }

  #optionsOf(contents: Contents, entry: Entry, given: unknown): Options {
    const { file } = contents;
    const merged = merge(entry.options, given, pathOf(entry), {
      givenTwice(path) {
        throw contents.error(path, `is given twice: in the code, and here in ${file}`);
      },
      noSuchBackend(path, id, ids) {
        const rule = `has no backend ${JSON.stringify(id)}, which the code gives options of; it has: ${ids.join(', ')}`;
        throw contents.error(path, rule);
      },
      repeatedBackend(path, id) {
        const rule = `has one backend ${JSON.stringify(id)}, which the code gives options of twice`;
        throw contents.error(path, rule);
      },
    });
    return contents.checked(entry, merged as Options);
  }

  /** Code may have policies of its own, of which the file knows nothing. */
  #refuseUnlessOwn(call: PolicyCall, name: string, given: unknown, other: Entry | undefined): void {
    const contents = this.#contents;
    if (other !== undefined) {
      const rule = `is what the file has of that name, and not ${pathOfPolicy(call, name)}`;
      throw contents.error(pathOf(other), rule);
    }
    const options = Object(given) as Options;
    if (ESSENTIAL[call].some((option) => options[option] !== undefined)) return;
    const names = contents.namesOf(call);
    const others = names.length === 0 ? 'has none' : `has: ${names.join(', ')}`;
    const rule = `is not in the file, which under '${sectionOf(call)}' ${others}`;
    throw contents.error(pathOfPolicy(call, name), rule);
  }

  #tellOfUnused(entries: readonly Entry[]): void {
    const unused = entries.filter(({ name }) => !this.#followers.has(name)).map(pathOf);
    if (unused.length === 0) return;
    const { file } = this.#contents;
    this.#logger?.warn('configuration names what nobody uses', { file, unused });
  }
}

/** For the logger. Messages hold no value of the environment. */
function detailsOf(error: unknown): object {
  if (!(error instanceof ConfigurationFileError)) return { error };
  const { file, line, column, message } = error;
  return { file, line, column, reason: message };
}
