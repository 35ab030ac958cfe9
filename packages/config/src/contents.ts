import {
  ConfigurationError,
  type PolicyCall,
  read,
  readPoolOptions,
  readRouteOptions,
  showAs,
} from '@spillway/core';
import { ConfigurationFileError, type FilePosition } from './configuration-file-error.ts';
import type { FileDocument, Place } from './document.ts';
import { hintFor } from './hint.ts';
import { CALLS, outerPath, pathOfPolicy, ROOT, SECTIONS, type Section } from './paths.ts';

/** Options as a file has them: what the environment gives is in its place. */
export type Options = Readonly<Record<string, unknown>>;

/** What a file says of one policy. */
export interface Entry {
  readonly call: PolicyCall;
  readonly name: string;
  readonly options: Options;
}

const section = read.optional(
  read.record<unknown>((value) => value),
  {},
);
const readSections = read.object<Record<Section, Readonly<Record<string, unknown>>>>({
  pools: section,
  limitConcurrency: section,
  circuitBreaker: section,
  protect: section,
});

/** What stands for a handler that the code gives. */
const standIn = () => {};

/** What a file says of pools and routes; each policy for itself has been found right. */
export class Contents {
  readonly file: string;
  /** By name: all policies of a service have one namespace. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly #places: ReadonlyMap<string, Place>;

  /** @throws ConfigurationFileError for the first thing that is wrong */
  constructor(file: string, { value, places }: FileDocument) {
    this.file = file;
    this.#places = places;
    this.entries = this.located(() => this.#read(value));
  }

  /** The names that the file has for this call. */
  namesOf(call: PolicyCall): string[] {
    const entries = [...this.entries.values()].filter((entry) => entry.call === call);
    return entries.map(({ name }) => name);
  }

  /**
   * Checks a policy's options, and gives them as the call that makes it takes them.
   * @throws ConfigurationFileError when one is wrong, be it the file's or the code's
   */
  checked({ call, name }: Entry, options: Options): Options {
    return this.located(() => {
      const path = pathOfPolicy(call, name);
      if (call !== 'pool') {
        readRouteOptions[call](options, path);
        return options;
      }
      const shown = this.#withUrls(options, path);
      readPoolOptions(name, shown);
      return shown;
    });
  }

  /** Calls what may find an option wrong, and says where in the file that stands. */
  located<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const isPlain = error instanceof ConfigurationError;
      throw isPlain && !(error instanceof ConfigurationFileError) ? this.#locate(error) : error;
    }
  }

  /** Where an option stands, or what it would be a part of. */
  positionOf(path: string): FilePosition {
    return { file: this.file, ...this.#placeOf(path)?.place };
  }

  /** An error about an option of the file. */
  error(path: string, rule: string): ConfigurationFileError {
    return new ConfigurationFileError(this.positionOf(path), path, rule);
  }

  #read(value: unknown): ReadonlyMap<string, Entry> {
    const entries = new Map<string, Entry>();
    const sections = readSections(withoutExtensions(value), ROOT);
    for (const each of SECTIONS) {
      const call = CALLS[each];
      for (const [name, options] of Object.entries(sections[each])) {
        const entry: Entry = { call, name, options: options as Options };
        this.#checkName(entry, entries.get(name));
        this.#checkEntry(entry);
        entries.set(name, entry);
      }
    }
    if (entries.size === 0) throw this.error(ROOT, `must have one of: ${SECTIONS.join(', ')}`);
    return entries;
  }

  #checkName({ call, name }: Entry, other: Entry | undefined): void {
    const path = pathOfPolicy(call, name);
    if (name === '') throw this.error(path, 'must have a name');
    if (other === undefined) return;
    throw this.error(path, `must have a name that no other policy has: ${pathOf(other)} has it`);
  }

  /** What only code can give may be missing. */
  #checkEntry(entry: Entry): void {
    const { call, options } = entry;
    const path = pathOf(entry);
    if (call !== 'pool') {
      if (Object.hasOwn(Object(options), 'name')) {
        throw this.error(`${path}.name`, 'is given twice: the key in front of the options is it');
      }
      this.checked(entry, options);
      return;
    }
    const { backends } = Object(options);
    if (!Array.isArray(backends)) {
      this.checked(entry, options);
      return;
    }
    backends.forEach((_, index) => {
      const at = `${path}.backends[${index}].id`;
      if (this.#placeOf(at)?.place.template === undefined) return;
      throw this.error(at, 'must not come from the environment: metrics and status show it');
    });
    const complete = backends.map((backend) =>
      isObject(backend) && backend.url === undefined ? { ...backend, handler: standIn } : backend,
    );
    this.checked(entry, { ...options, backends: complete });
  }

  /** `status()` shows a URL, but nothing of the environment: the reference stands for it. */
  #withUrls(options: Options, path: string): Options {
    const { backends } = Object(options);
    if (!Array.isArray(backends)) return options;
    return {
      ...options,
      backends: backends.map((backend, index) => {
        const at = `${path}.backends[${index}].url`;
        const { template } = this.#placeOf(at)?.exact ?? {};
        const url =
          template !== undefined && isObject(backend) ? URL.parse(`${backend.url}`) : null;
        return url === null ? backend : { ...backend, url: showAs(url, template as string) };
      }),
    };
  }

  /** What came from the environment is not shown, and nothing that might hold it. */
  #locate({ path, rule, value, message }: ConfigurationError): ConfigurationFileError {
    const found = this.#placeOf(path);
    const position = { file: this.file, ...found?.place };
    const template = found?.exact?.template;
    const hint = hintFor(rule, value, template);
    if (message === `${path} ${rule}`) return new ConfigurationFileError(position, path, rule);
    if (template !== undefined) {
      return new ConfigurationFileError(position, path, rule + hint, template);
    }
    const mayBeShown = found?.exact !== undefined || typeof value !== 'string';
    return mayBeShown
      ? new ConfigurationFileError(position, path, rule + hint, value)
      : new ConfigurationFileError(position, path, rule + hint);
  }

  /** Of the value itself, or of the innermost that it would be a part of. */
  #placeOf(path: string): { place: Place; exact: Place | undefined } | undefined {
    const exact = this.#places.get(path);
    if (exact !== undefined) return { place: exact, exact };
    let outer = path;
    while (outer !== ROOT) {
      outer = outerPath(outer);
      const place = this.#places.get(outer);
      if (place !== undefined) return { place, exact: undefined };
    }
    return undefined;
  }
}

export function pathOf({ call, name }: Entry): string {
  return pathOfPolicy(call, name);
}

/** Keys that begin with `x-` are for anchors, and `$schema` is for editors. */
function withoutExtensions(value: unknown): unknown {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(
    ([name, content]) => !name.startsWith('x-') && name !== '$schema' && content !== null,
  );
  return Object.fromEntries(kept);
}

function isObject(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
