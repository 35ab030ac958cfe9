import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, readPoolOptions, readRouteOptions } from '@spillway/core';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Contents } from './contents.ts';
import { readDocument } from './document.ts';

interface Schema {
  readonly properties: Readonly<
    Record<string, { readonly default?: unknown; readonly description?: string }>
  >;
}

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, '../schema.json'), 'utf8'),
) as Schema & {
  readonly definitions: Readonly<Record<string, Schema>>;
};
const isValid = new Ajv({ allowUnionTypes: true }).compile(schema);

/** Whether the readers of the options accept it. */
function accepts(document: unknown): boolean {
  try {
    new Contents('a.yaml', readDocument(JSON.stringify(document), 'a.yaml', {}));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return false;
  }
}

const backend = { id: 'a', url: 'http://a.test' };
const pool = { backends: [backend] };
const breaker = { failureCount: 1 };
const poolWith = (more: object) => readPoolOptions('a', { ...pool, ...more });
const route = (call: keyof typeof readRouteOptions) => (options: object) =>
  readRouteOptions[call](options, 'a');

/** How each part of a file is read, and with what it is complete; `beside` are options of code alone. */
const parts: Readonly<
  Record<string, { read(options: object): unknown; base: object; beside?: string[] }>
> = {
  pool: { read: (options) => readPoolOptions('a', options), base: pool },
  backend: {
    read: (options) => poolWith({ backends: [options] }).backends[0],
    base: backend,
    beside: ['handler'],
  },
  affinity: {
    read: (affinity) => poolWith({ affinity }).affinity?.cookie,
    base: { header: 'x' },
    beside: ['key'],
  },
  cookie: {
    read: (cookie) =>
      poolWith({ affinity: { cookie } }).affinity?.cookie?.issue().setCookie(true).slice(38),
    base: { name: 'x' },
  },
  breaker: { read: (options) => poolWith({ breaker: options }).breaker, base: breaker },
  retry: { read: (retry) => poolWith({ retry }).retry, base: {} },
  timeouts: { read: (timeouts) => poolWith({ timeouts }).timeouts, base: {} },
  queue: { read: (queue) => poolWith({ queue }).queue, base: { maxQueueLength: 1 } },
  limitConcurrency: {
    read: route('limitConcurrency'),
    base: { maxCount: 1 },
    beside: ['name', 'priority'],
  },
  circuitBreaker: { read: route('circuitBreaker'), base: breaker, beside: ['name'] },
  protect: { read: route('protect'), base: { timeoutMs: 1 }, beside: ['name'] },
  concurrency: {
    read: (concurrency) => route('protect')({ concurrency }),
    base: { maxCount: 1 },
    beside: ['priority'],
  },
  routeBreaker: { read: (options) => route('protect')({ breaker: options }), base: breaker },
};

/** Options that mean nothing without another one. */
const meaningfulWith: Readonly<Record<string, object>> = {
  minimumRequests: { failurePercentage: 9 },
  maxTripDurationMs: { ...breaker, acceptRetryAfter: true },
};

describe.each(Object.entries(parts))('%s', (name, { read, base, beside = [] }) => {
  const properties = schema.definitions[name]?.properties ?? {};

  it('has the options that the code reads, less those that only code can give', () => {
    let known = '';
    try {
      read({ Zz: 1 });
    } catch (error) {
      known = /the options are: (.*)$/.exec((error as Error).message)?.[1] ?? '';
    }
    expect([...Object.keys(properties), ...beside].sort()).toEqual(known.split(', ').sort());
  });

  it('has the defaults of the code, and says what each option is', () => {
    for (const [option, { default: value, ...rest }] of Object.entries(properties)) {
      expect(JSON.stringify(rest), option).toMatch(/description|\$ref|pattern/);
      if (value === undefined) continue;
      const from = meaningfulWith[option] ?? base;
      expect(read({ ...from, [option]: value }), option).toEqual(read(from));
    }
  });
});

it('has a definition for each part, and no other', () => {
  const helpers = ['status', 'cookieName'];
  expect(Object.keys(schema.definitions).sort()).toEqual(
    [...Object.keys(parts), ...helpers].sort(),
  );
});

// Right and wrong, and on both sides of every limit.
const numbers = fc.constantFrom(
  0,
  1,
  2,
  3.5,
  -1,
  99,
  100,
  101,
  400,
  429,
  599,
  600,
  1_000_000,
  1_000_001,
);
const wrong = fc.constantFrom<unknown>(
  null,
  true,
  false,
  '',
  'x',
  '30s',
  [],
  {},
  [1],
  ['500-599'],
  [429, 'x'],
);
const anything = fc.oneof(numbers, wrong);
/** Mostly right; sometimes what would be right elsewhere, or nowhere. */
const of = (right: fc.Arbitrary<unknown>, ...nearlyRight: unknown[]) =>
  fc.oneof(
    { weight: 40, arbitrary: right },
    { weight: 1, arbitrary: anything },
    { weight: nearlyRight.length, arbitrary: fc.constantFrom(...nearlyRight, 1) },
  );
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 60, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const posint = of(fc.constantFrom(1, 2, 100));
const ms = of(fc.constantFrom(1, 0.5, 30_000));
const flag = of(fc.boolean());
const statuses = of(
  fc.subarray([429, 500, '500-599', '400-429'], { minLength: 1 }),
  [99],
  ['600-700'],
  [429, '700'],
  [],
);
const optionally = (shape: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []) =>
  fc
    .tuple(
      fc.record(shape, { requiredKeys: requiredKeys as never[] }),
      rarely(fc.constantFrom('nmae', 'maxcount', 'x-y')),
      rarely(fc.constantFrom(...Object.keys(shape))),
    )
    .map(([options, unknown, dropped]) => {
      const all: Record<string, unknown> = { ...options, ...(unknown && { [unknown]: 1 }) };
      if (dropped !== undefined) delete all[dropped];
      return all;
    });
const rule = (more: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc
    .record({
      options: optionally({
        minimumRequests: posint,
        intervalMs: ms,
        statusCodes: statuses,
        tripDurationMs: ms,
        acceptRetryAfter: flag,
        maxTripDurationMs: ms,
        ...more,
      }),
      threshold: fc.oneof(
        {
          weight: 8,
          arbitrary: optionally({ failurePercentage: of(fc.constantFrom(1, 50, 100)) }, [
            'failurePercentage',
          ]),
        },
        {
          weight: 4,
          arbitrary: optionally({ failureCount: of(fc.constantFrom(1, 3)) }, ['failureCount']),
        },
        { weight: 1, arbitrary: fc.constant({ failureCount: 1, failurePercentage: 2 }) },
      ),
    })
    .map(({ options, threshold }) => ({ ...options, ...threshold }));
const gateShape = {
  maxCount: posint,
  maxQueueLength: of(fc.nat(5)),
  timeoutMs: ms,
  key: of(fc.constant('one')),
  maxKeys: posint,
  rejectStatus: of(fc.constantFrom(400, 503, 599)),
};
const name = fc.oneof({ weight: 20, arbitrary: fc.constantFrom('a', 'b') }, fc.constant(''));
const token = of(fc.constantFrom('x-key', 'X'), 'a b', 'a;b', 'ä');
const backends = fc
  .array(
    optionally(
      {
        id: of(fc.constantFrom('one', 'two')),
        url: of(fc.constantFrom('http://a.test', 'HTTPS://a.test/x'), 'ftp://a.test', '/x'),
        priority: of(fc.constantFrom(-1, 1.5, 7)),
        weight: of(fc.constantFrom(0, 1, 0.5)),
        headers: of(
          fc.dictionary(fc.constantFrom('api-key', 'X-A'), fc.constantFrom('', 'k', 'é'), {
            maxKeys: 2,
          }),
          { Connection: 'close' },
          { te: 'trailers' },
          { 'a b': 'c' },
          { a: 'b\nc' },
          { a: '€' },
        ),
        breaker: of(fc.oneof(fc.constant(false), rule())),
        maxCount: posint,
      },
      ['id', 'url'],
    ),
    { minLength: 0, maxLength: 3 },
  )
  // That ids are unique cannot be said in a schema.
  .map((all) =>
    all.map((each, index) =>
      typeof each.id === 'string' && each.id !== '' ? { ...each, id: `${index}` } : each,
    ),
  );
const poolOptions = optionally(
  {
    backends: of(backends),
    balance: of(fc.constantFrom('weighted', 'random', 'least-requests')),
    affinity: of(
      fc.oneof(
        fc.record({ header: token }),
        fc.record({ cookie: token }),
        fc.record({
          cookie: optionally(
            {
              name: token,
              maxAgeMs: ms,
              path: of(fc.constant('/'), '/a;b'),
              domain: of(fc.constant('a.test')),
              secure: flag,
            },
            ['name'],
          ),
        }),
        fc.constant({ header: 'a', cookie: 'b' }),
      ),
    ),
    breaker: of(rule()),
    retry: of(
      optionally({
        statusCodes: statuses,
        maxAttempts: posint,
        maxBodyBytes: of(fc.nat(9)),
        unsafe: flag,
      }),
    ),
    timeouts: of(optionally({ connectMs: ms, headersMs: ms, bodyMs: ms, callerMs: ms })),
    queue: of(optionally({ maxQueueLength: of(fc.nat(9)), timeoutMs: ms }, ['maxQueueLength'])),
    apdexMs: ms,
  },
  ['backends'],
);
const documents: fc.Arbitrary<[kind: string, options: unknown]> = fc.oneof(
  fc.tuple(fc.constant('pools'), poolOptions),
  fc.tuple(
    fc.constant('limitConcurrency'),
    optionally({ ...gateShape, abandonMs: ms, apdexMs: ms }, ['maxCount']),
  ),
  fc.tuple(fc.constant('circuitBreaker'), rule({ timeoutMs: ms, apdexMs: ms })),
  fc.tuple(
    fc.constant('protect'),
    optionally({
      concurrency: of(optionally(gateShape, ['maxCount'])),
      breaker: of(rule()),
      timeoutMs: ms,
      abandonMs: ms,
      apdexMs: ms,
    }),
  ),
  fc.tuple(fc.constantFrom('pool', 'x-anchors', '$schema', 'pools'), anything),
);

it('accepts what the code accepts, and nothing else', () => {
  const outcome = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(documents, name, ([section, options], policy) => {
      const document = {
        [section]:
          Array.isArray(options) || typeof options !== 'object' ? options : { [policy]: options },
      };
      const accepted = accepts(document);
      outcome[accepted ? 'accepted' : 'refused']++;
      expect(isValid(document), JSON.stringify(isValid.errors)).toBe(accepted);
    }),
    { numRuns: 3_000 },
  );
  expect(outcome.accepted).toBeGreaterThan(300);
  expect(outcome.refused).toBeGreaterThan(300);
});

it.each([
  ['url', '${PTU_URL}'],
  ['url', 'https://${HOST}/openai'],
  ['headers', { 'api-key': '${PTU_KEY}' }],
])('accepts references to the environment: %s', (option, value) => {
  expect(isValid({ pools: { a: { backends: [{ ...backend, [option]: value }] } } })).toBe(true);
});

it('refuses an id from the environment', () => {
  expect(isValid({ pools: { a: { backends: [{ ...backend, id: '${ID}' }] } } })).toBe(false);
});
