/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `$${` for a literal `${`, a reference with its default, or a `${` that is neither. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

export interface Substituted {
  readonly text: string;
  /** Whether anything of it is a variable's value or its default. */
  readonly isForeign: boolean;
}

/**
 * Puts values of the environment in the place of `${NAME}` and `${NAME:-default}`. They are taken as
 * they are: what looks like a reference in them is none.
 * @param fail tells what is wrong, without any value
 */
export function substitute(
  template: string,
  environment: Environment,
  fail: (rule: string) => never,
): Substituted {
  let isForeign = false;
  const text = template.replaceAll(REFERENCE, (found, name?: string, fallback?: string) => {
    if (found === '$${') return '${';
    if (name === undefined) {
      return fail("has a '${' that is no reference: ${NAME}, ${NAME:-default}, or $${ for itself");
    }
    isForeign = true;
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined && value !== '') return value;
    return fallback ?? fail(`needs the environment variable ${name}, which is not set or is empty`);
  });
  return { text, isForeign };
}
