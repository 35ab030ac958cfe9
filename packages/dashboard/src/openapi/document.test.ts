import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { CHANGES } from '../changes/routes.ts';
import { PROBLEMS } from '../http/api-error.ts';
import { READS } from '../reads.ts';
import { openApiJson } from './document.ts';

const document = JSON.parse(openApiJson) as { paths: Record<string, Record<string, Operation>> };

interface Operation {
  readonly security?: unknown;
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Record<string, object>;
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch']);
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([method]) => METHODS.has(method))
    .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

it('is OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(openApiJson));
  expect([valid, errors]).toEqual([true, undefined]);
  expect(validator.version).toBe('3.1');
});

it('has every path that is answered, and no other', () => {
  const described = operations.map(({ method, path }) => `${method} ${path}`);
  const answered = [...READS, ...CHANGES].map(({ method, path }) => `${method} ${path}`);
  expect(described.sort()).toEqual(answered.sort());
});

it('names the parameters of every path', () => {
  for (const [path, item] of Object.entries(document.paths)) {
    const named = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
    const parameters = (item.parameters ?? []) as unknown as { name: string; in: string }[];
    expect(parameters.map(({ name }) => name)).toEqual(named);
  }
});

it('wants a token and a body for changes, and for nothing else', () => {
  const changing = new Set(CHANGES.map(({ method, path }) => `${method} ${path}`));
  for (const { method, path, operation } of operations) {
    const changes = changing.has(`${method} ${path}`);
    expect([path, operation.security !== undefined, operation.requestBody !== undefined]).toEqual([
      path,
      changes,
      changes,
    ]);
  }
});

it('has the body of a change as optional where nothing of it is required', () => {
  const optional = operations.filter(({ operation }) => operation.requestBody?.required === false);
  expect(optional.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))).toEqual([
    'pause',
    'resume',
    'abort',
    'drain',
    'close',
    'close',
  ]);
});

it('has every problem that there is', () => {
  const text = JSON.stringify(operations.map(({ operation }) => operation.responses));
  const missing = Object.keys(PROBLEMS).filter((code) => !text.includes(`"${code}"`));
  // A method that a path does not have is no operation of it: the description says so of all.
  expect(missing).toEqual(['method_not_allowed']);
});
