import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { ConfigurationFileError } from './configuration-file-error.ts';
import { type Environment, substitute } from './environment.ts';
import { pathWithin, ROOT } from './paths.ts';

/** Where a value stands. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** What stands there, when the environment gives some of the value. */
  readonly template: string | undefined;
}

/** A file's contents as plain data, with the place of each value by its path. */
export interface FileDocument {
  readonly value: unknown;
  /** By paths as errors have them: `pool(chat).backends[0].headers["api-key"]`. */
  readonly places: ReadonlyMap<string, Place>;
}

/** Aliases may make a small file large: further values than these are refused. */
const MAX_VALUES = 100_000;

/**
 * Reads YAML 1.2, of which JSON is a part, with merge keys. Strings get what they refer to of the
 * environment.
 * @throws ConfigurationFileError for the first thing that is wrong
 */
export function readDocument(text: string, file: string, environment: Environment): FileDocument {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    merge: true,
  });
  const failAt = (offset: number, path: string, rule: string): never => {
    const { line, col } = lines.linePos(offset);
    throw new ConfigurationFileError({ file, line, column: col }, path, rule);
  };
  const [document, second] = documents as Document.Parsed[];
  for (const { pos, message } of [...(document?.errors ?? []), ...(document?.warnings ?? [])]) {
    // What it quotes may be a credential.
    const [what] = message.split(': ');
    return failAt(pos[0], ROOT, `is no YAML that can be read: ${what}`);
  }
  if (second !== undefined) failAt(second.range[0], ROOT, 'must be one document, and not several');
  if (document === undefined || document.contents === null) {
    return failAt(0, ROOT, 'must have pools or policies of routes: the file is empty');
  }
  const reading = new Reading(document, lines, environment, failAt);
  return { value: reading.read(document.contents, ROOT), places: reading.places };
}

class Reading {
  readonly places = new Map<string, Place>();
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #environment: Environment;
  readonly #failAt: (offset: number, path: string, rule: string) => never;
  /** Those that are being read, each within the one before. */
  readonly #within = new Set<Node>();
  #values = 0;

  constructor(
    document: Document.Parsed,
    lines: LineCounter,
    environment: Environment,
    failAt: (offset: number, path: string, rule: string) => never,
  ) {
    this.#document = document;
    this.#lines = lines;
    this.#environment = environment;
    this.#failAt = failAt;
  }

  /** @param key in front of the value, when it has one: what is large is looked for there */
  read(given: Node | null, path: string, key?: Node): unknown {
    const node = this.#resolved(given, path);
    this.#count(node, path);
    if (node === null) {
      this.#note(path, key ?? null);
      return null;
    }
    if (isScalar(node)) return this.#scalar(node, path);
    this.#note(path, key ?? node);
    if (this.#within.has(node)) this.#failAt(offsetOf(given), path, 'stands within itself');
    this.#within.add(node);
    const value = isMap(node) ? this.#map(node, path) : this.#sequence(node, path);
    this.#within.delete(node);
    return value;
  }

  #count(node: Node | null, path: string): void {
    if (++this.#values <= MAX_VALUES) return;
    this.#failAt(offsetOf(node), path, `has more than ${MAX_VALUES} values`);
  }

  #resolved(node: Node | null, path: string): Node | null {
    if (!isAlias(node)) return node;
    const target = node.resolve(this.#document);
    if (target !== undefined) return target;
    return this.#failAt(offsetOf(node), path, 'is an alias of what has no anchor before it');
  }

  #scalar(node: Scalar, path: string): unknown {
    const { value } = node;
    if (typeof value !== 'string') {
      this.#note(path, node);
      return value;
    }
    const fail = (rule: string) => this.#failAt(offsetOf(node), path, rule);
    const { text, isForeign } = substitute(value, this.#environment, fail);
    this.#note(path, node, isForeign ? value : undefined);
    return text;
  }

  #sequence(node: Node, path: string): unknown[] {
    const items = isSeq(node) ? (node.items as (Node | null)[]) : [];
    return items.map((item, index) => this.read(item, `${path}[${index}]`));
  }

  /** Without a prototype, so that no key has a meaning of its own. */
  #map(node: YAMLMap, path: string): object {
    const values: Record<string, unknown> = Object.create(null);
    this.#fill(values, node, path);
    return values;
  }

  /** Own keys come before merged ones, and those that are merged first before later ones. */
  #fill(values: Record<string, unknown>, node: YAMLMap, path: string): void {
    const pairs = node.items as Pair<Node, Node | null>[];
    for (const { key, value } of pairs) {
      if (isMergeKey(key)) continue;
      if (!isScalar(key)) this.#failAt(offsetOf(key), path, 'must have names for its keys');
      const name = String((key as Scalar).value);
      if (Object.hasOwn(values, name)) {
        this.#count(key, path);
        continue;
      }
      values[name] = this.read(value, pathWithin(path, name), key);
    }
    for (const { key, value } of pairs) {
      if (!isMergeKey(key)) continue;
      const merged = this.#resolved(value, path);
      for (const item of isSeq(merged) ? (merged.items as Node[]) : [merged]) {
        const source = this.#resolved(item, path);
        if (!isMap(source) || this.#within.has(source)) {
          const rule = "must merge other maps: '<<: *anchor'";
          this.#failAt(offsetOf(key), path, rule);
        }
        this.#within.add(source as YAMLMap);
        this.#fill(values, source as YAMLMap, path);
        this.#within.delete(source as YAMLMap);
      }
    }
  }

  #note(path: string, node: Node | null, template?: string): void {
    const { line, col } = this.#lines.linePos(offsetOf(node));
    this.places.set(path, { line, column: col, template });
  }
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  const { value } = key;
  return value === '<<' || (typeof value === 'symbol' && value.description === '<<');
}

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
