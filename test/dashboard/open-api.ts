import type { Called } from '@spillway/test/support/caller.ts';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'vitest';

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
}

/** Holds answers against the document that the API describes itself by. */
export function describedBy(
  document: OpenApi,
): (method: string, url: string, answer: Called) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: 'api:', components: document.components });
  const validators = new Map<object, ValidateFunction>();
  const validatorOf = (schema: object) => {
    let validate = validators.get(schema);
    if (validate === undefined) {
      const text = JSON.stringify(schema).replaceAll('"#/', '"api:#/');
      validate = ajv.compile(JSON.parse(text));
      validators.set(schema, validate);
    }
    return validate;
  };
  return function expectAsDescribed(method, url, answer) {
    const path = url.split('?')[0] ?? '';
    const template = Object.keys(document.paths).find((each) => matches(each, path));
    const operation = document.paths[template ?? '']?.[method.toLowerCase()];
    // Nothing there, or nothing that can be done there, which the document says of all paths.
    if (operation === undefined) {
      expect([404, 405, 403], `${method} ${url}`).toContain(answer.status);
      return;
    }
    const response = operation.responses[answer.status];
    expect(response, `${method} ${template} is not said to answer ${answer.status}`).toBeDefined();
    const type = answer.headers['content-type']?.split(';')[0] ?? '';
    const content = response?.content;
    if (content === undefined) return;
    expect(Object.keys(content), `${method} ${template} ${answer.status}`).toContain(type);
    const schema = content[type]?.schema;
    if (schema === undefined) return;
    const validate = validatorOf(schema);
    const valid = validate(answer.json());
    expect(valid, `${method} ${url}: ${ajv.errorsText(validate.errors)}: ${answer.text}`).toBe(
      true,
    );
  };
}

function matches(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith('{') || part === given[index])
  );
}
