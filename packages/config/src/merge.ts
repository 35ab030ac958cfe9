/** What cannot be merged: how it is told is the caller's. */
export interface MergeProblems {
  /** An option is given on both sides. */
  givenTwice(path: string): never;
  /** The code has a backend that the file has not. */
  noSuchBackend(path: string, id: unknown, ids: readonly unknown[]): never;
  /** The code has a backend of the file more than once. */
  repeatedBackend(path: string, id: unknown): never;
}

/** The options of a policy: those of the file, with those that the code has beside them. */
export function merge(
  file: unknown,
  code: unknown,
  path: string,
  problems: MergeProblems,
): unknown {
  if (code === undefined) return file;
  if (file === undefined) return code;
  if (isPlain(file) && isPlain(code)) {
    const merged: Record<string, unknown> = { ...file };
    for (const [name, value] of Object.entries(code)) {
      const at = `${path}.${name}`;
      merged[name] =
        name === 'backends' && Array.isArray(file[name]) && Array.isArray(value)
          ? mergeBackends(file[name], value, at, problems)
          : merge(file[name], value, at, problems);
    }
    return merged;
  }
  return problems.givenTwice(path);
}

/** By id, in the order of the file. */
function mergeBackends(
  file: readonly unknown[],
  code: readonly unknown[],
  path: string,
  problems: MergeProblems,
): readonly unknown[] {
  const ids = file.map(idOf);
  const given = new Map<unknown, Record<string, unknown>>();
  for (const backend of code) {
    const id = idOf(backend);
    if (id === undefined || !ids.includes(id)) problems.noSuchBackend(path, id, ids);
    if (given.has(id)) problems.repeatedBackend(path, id);
    const { id: _, ...beside } = backend as Record<string, unknown>;
    given.set(id, beside);
  }
  return file.map((backend, index) =>
    merge(backend, given.get(ids[index]), `${path}[${index}]`, problems),
  );
}

function idOf(backend: unknown): unknown {
  return isPlain(backend) ? backend.id : undefined;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
