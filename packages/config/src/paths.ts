import type { PolicyCall } from '@spillway/core';

/** The path of the file as a whole. */
export const ROOT = 'configuration';

/** The sections of a file, and the calls that have their options. */
export const CALLS = {
  pools: 'pool',
  limitConcurrency: 'limitConcurrency',
  circuitBreaker: 'circuitBreaker',
  protect: 'protect',
} as const satisfies Record<string, PolicyCall>;

export type Section = keyof typeof CALLS;
export const SECTIONS = Object.keys(CALLS) as Section[];

/** The name of the section that has the options of this call. */
export function sectionOf(call: PolicyCall): Section {
  return SECTIONS.find((section) => CALLS[section] === call) as Section;
}

export function pathOfPolicy(call: PolicyCall, name: string): string {
  return `${call}(${name})`;
}

/** The path of what stands under a key, as errors have it: `pool(chat).backends[0].headers["api-key"]`. */
export function pathWithin(path: string, key: string): string {
  const section = SECTIONS.find((each) => path === `${ROOT}.${each}`);
  if (section !== undefined) return pathOfPolicy(CALLS[section], key);
  return path.endsWith('.headers') ? `${path}[${JSON.stringify(key)}]` : `${path}.${key}`;
}

/** The path of what this is a part of. */
export function outerPath(path: string): string {
  const part = /(?:\.[^.[\]()]*|\[\d+\]|\["(?:[^"\\]|\\.)*"\])$/.exec(path);
  if (part !== null) return path.slice(0, part.index);
  const section = SECTIONS.find((each) => path.startsWith(`${CALLS[each]}(`));
  return section === undefined ? ROOT : `${ROOT}.${section}`;
}
