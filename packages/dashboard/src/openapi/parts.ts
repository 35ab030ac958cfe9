import type { ApiProblemCode } from '../contract.ts';
import { PROBLEMS } from '../http/api-error.ts';

/** A JSON Schema, of draft 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

export const string: Schema = { type: 'string' };
export const number: Schema = { type: 'number' };
export const integer: Schema = { type: 'integer' };
export const boolean: Schema = { type: 'boolean' };

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const arrayOf = (items: Schema): Schema => ({ type: 'array', items });
export const mapOf = (additionalProperties: Schema): Schema => ({
  type: 'object',
  additionalProperties,
});
export const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values });
export const nullable = (type: string): Schema => ({ type: [type, 'null'] });

/** An object; those whose names end in `?` may be absent. */
export function object(properties: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(properties);
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    properties: Object.fromEntries(
      names.map((name) => [name.replace('?', ''), properties[name] as Schema]),
    ),
    required: names.filter((name) => !name.endsWith('?')),
  };
}

/** What a body is to be: nothing beside what is named. */
export function body(properties: Readonly<Record<string, Schema>>): Schema {
  return { ...object(properties), additionalProperties: false };
}

/** The answers that are problems, by status; two of one status are one answer. */
export function problems(codes: readonly ApiProblemCode[]): Record<string, Schema> {
  const byStatus = new Map<string, ApiProblemCode[]>();
  for (const code of codes) {
    const status = String(PROBLEMS[code].status);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    Array.from(byStatus, ([status, each]) => [
      status,
      {
        description: each.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('. '),
        content: { 'application/problem+json': { schema: problemOf(each) } },
      },
    ]),
  );
}

function problemOf(codes: readonly ApiProblemCode[]): Schema {
  return { allOf: [ref('Problem'), { properties: { code: { enum: codes } } }] };
}
