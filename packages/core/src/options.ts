import leven from 'leven';
import { ConfigurationError } from './errors.ts';

/**
 * Reads one option: gives its value, checked and with defaults filled in, or throws a
 * {@link ConfigurationError} that names `path`, the rule and the value. Never writes to the input.
 */
export type Reader<T> = (value: unknown, path: string) => T;

/** One reader for each property of `T`; properties that the input has beside these are errors. */
export type Shape<T> = { readonly [K in keyof T]-?: Reader<T[K]> };

export function object<T extends object>(shape: Shape<T>): Reader<T> {
  const known = Object.keys(shape) as (keyof T & string)[];
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(path, 'must be an object', value);
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(shape, name)) throw unknownOption(name, known, path);
    }
    const read = {} as T;
    for (const name of known) {
      read[name] = shape[name]((value as T)[name], `${path}.${name}`);
    }
    return read;
  };
}

function unknownOption(name: string, known: readonly string[], path: string): ConfigurationError {
  const distances = known.map((option) => leven(name.toLowerCase(), option.toLowerCase()));
  const nearest = known[distances.indexOf(Math.min(...distances))];
  const close = nearest !== undefined && Math.min(...distances) <= Math.ceil(name.length / 2);
  const hint = close ? `did you mean '${nearest}'?` : `the options are: ${known.join(', ')}`;
  return new ConfigurationError(`${path}.${name}`, `is not an option; ${hint}`);
}

/** The value when there is one; `fallback` when the option is absent. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined>;
export function optional<T>(reader: Reader<T>, fallback: T): Reader<T>;
export function optional<T>(reader: Reader<T>, fallback?: T): Reader<T | undefined> {
  return (value, path) => (value === undefined ? fallback : reader(value, path));
}

export function number(rule: string, accepts: (value: number) => boolean): Reader<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !accepts(value)) {
      throw new ConfigurationError(path, `must be ${rule}`, value);
    }
    return value;
  };
}

export const positiveInteger = number(
  'a positive integer',
  (value) => Number.isSafeInteger(value) && value > 0,
);
export const nonNegativeInteger = number(
  'an integer of at least 0',
  (value) => Number.isSafeInteger(value) && value >= 0,
);
export const nonNegativeNumber = number(
  'a finite number of at least 0',
  (value) => Number.isFinite(value) && value >= 0,
);
export const positiveMs = number(
  'a finite number of milliseconds above 0',
  (value) => Number.isFinite(value) && value > 0,
);
export const nonNegativeMs = number(
  'a finite number of milliseconds, at least 0',
  (value) => Number.isFinite(value) && value >= 0,
);
export const percentage = number(
  'a percentage above 0 and up to 100',
  (value) => value > 0 && value <= 100,
);
export const finiteNumber = number('a finite number', Number.isFinite);

export const boolean: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new ConfigurationError(path, 'must be a boolean', value);
  return value;
};

export const nonEmptyString: Reader<string> = (value, path) => {
  if (typeof value !== 'string' || value === '') {
    throw new ConfigurationError(path, 'must be a non-empty string', value);
  }
  return value;
};

export function oneOf<const T extends string>(...choices: readonly T[]): Reader<T> {
  return (value, path) => {
    if (!choices.includes(value as T)) {
      const list = choices.map((choice) => `'${choice}'`).join(', ');
      throw new ConfigurationError(path, `must be one of ${list}`, value);
    }
    return value as T;
  };
}

// biome-ignore lint/complexity/noBannedTypes: any callable will do; its signature cannot be checked
export function callable<T extends Function>(rule = 'must be a function'): Reader<T> {
  return (value, path) => {
    if (typeof value !== 'function') {
      throw new ConfigurationError(path, rule, value);
    }
    return value as T;
  };
}

/** An object that has the named methods, as a clock, a logger or a registry must. */
export function having<T extends object>(...methods: readonly (keyof T & string)[]): Reader<T> {
  return (value, path) => {
    if (value instanceof Promise) {
      throw new ConfigurationError(path, 'must be awaited, and is a promise still');
    }
    for (const method of methods) {
      if (typeof (value as Record<string, unknown> | null)?.[method] !== 'function') {
        throw new ConfigurationError(path, `must have a method '${method}'`, value);
      }
    }
    return value as T;
  };
}

export function array<T>(reader: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new ConfigurationError(path, 'must be an array', value);
    // Array.from() reads holes, too.
    return Array.from(value, (item, index) => reader(item, `${path}[${index}]`));
  };
}

/** An object with any names, each with a value of one kind. */
export function record<T>(reader: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(path, 'must be an object', value);
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, reader(item, `${path}.${name}`)]),
    );
  };
}

const STATUS_RANGE = /^(\d{3})-(\d{3})$/;

/** Statuses as numbers and `'500-599'` ranges, read into one set. */
export const statusCodes: Reader<ReadonlySet<number>> = (value, path) => {
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigurationError(path, 'must be a non-empty array of statuses', value);
  }
  const codes = new Set<number>();
  value.forEach((item: unknown, index) => {
    const range = typeof item === 'string' ? STATUS_RANGE.exec(item) : null;
    const [first, last] = range ? [Number(range[1]), Number(range[2])] : [item, item];
    if (!isStatus(first) || !isStatus(last) || first > last) {
      const rule = "must be a status from 100 to 599, or a range such as '500-599'";
      throw new ConfigurationError(`${path}[${index}]`, rule, item);
    }
    for (let code = first; code <= last; code++) codes.add(code);
  });
  return codes;
};

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}
