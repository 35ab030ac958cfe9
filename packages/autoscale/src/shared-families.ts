import {
  ConfigurationError,
  type FamilyRegistry,
  type RegistrableFamily,
  registerFamilies,
} from '@spillway/core';

/** Several of a kind that one registry shows in the same families, told apart by name. */
export class SharedFamilies<T extends { readonly name: string }> {
  readonly #members = new WeakMap<FamilyRegistry, Set<T>>();
  readonly #call: string;
  readonly #families: (members: Iterable<T>) => readonly RegistrableFamily[];

  /** @param call for errors */
  constructor(call: string, families: (members: Iterable<T>) => readonly RegistrableFamily[]) {
    this.#call = call;
    this.#families = families;
  }

  /** @throws ConfigurationError when the registry shows one of that name */
  claim(registry: FamilyRegistry | undefined, name: string): Set<T> {
    const members = registry === undefined ? new Set<T>() : this.#of(registry);
    if (Array.from(members, (member) => member.name).includes(name)) {
      const rule = `must be a name that no other ${this.#call} of the registry has`;
      throw new ConfigurationError(`${this.#call}.name`, rule, name);
    }
    return members;
  }

  #of(registry: FamilyRegistry): Set<T> {
    const known = this.#members.get(registry);
    if (known !== undefined) return known;
    const members = new Set<T>();
    registerFamilies(registry, this.#families(members), `${this.#call}.registry`);
    this.#members.set(registry, members);
    return members;
  }
}
