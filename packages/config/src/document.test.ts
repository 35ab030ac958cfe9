import { describe, expect, it } from 'vitest';
import { Contents } from './contents.ts';
import { readDocument } from './document.ts';

const env = { KEY: 's3cret', EMPTY: '', TRAP: '${KEY} *x <<' };

function load(text: string): Contents {
  return new Contents('spillway.yaml', readDocument(text, 'spillway.yaml', env));
}

function optionsOf(text: string, name = 'a'): unknown {
  return { ...load(text).entries.get(name)?.options };
}

function problem(text: string): string {
  try {
    load(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

describe('what is read', () => {
  it.each<[what: string, text: string, options: object]>([
    ['JSON', '{ "protect": { "a": { "timeoutMs": 5 } } }', { timeoutMs: 5 }],
    ['a byte order mark', '\uFEFFprotect:\n  a:\n    timeoutMs: 5\n', { timeoutMs: 5 }],
    ['lines that end with CR and LF', 'protect:\r\n  a:\r\n    timeoutMs: 5\r\n', { timeoutMs: 5 }],
    [
      'numbers by YAML 1.2',
      'protect:\n  a: { timeoutMs: 0o17, abandonMs: 017 }\n',
      { timeoutMs: 15, abandonMs: 17 },
    ],
    ['an end of the document', 'protect:\n  a: { timeoutMs: 5 }\n...\n', { timeoutMs: 5 }],
    ['names that are numbers', 'protect:\n  1: { timeoutMs: 5 }\n', {}],
  ])('%s', (_what, text, options) => {
    expect(optionsOf(text)).toEqual(options);
  });

  it('what an alias stands for, and what a merge key adds without overriding', () => {
    const text = `
x-limits:
  - &small { maxCount: 1, timeoutMs: 10 }
  - &named { maxCount: 2, rejectStatus: 503, <<: *small }
limitConcurrency:
  a: *small
  b: { <<: [*named, *small], maxCount: 7 }
`;
    expect(optionsOf(text)).toEqual({ maxCount: 1, timeoutMs: 10 });
    expect(optionsOf(text, 'b')).toEqual({ maxCount: 7, rejectStatus: 503, timeoutMs: 10 });
  });

  it('a name that JavaScript has a meaning for', () => {
    const text =
      'limitConcurrency:\n  __proto__: { maxCount: 1 }\n  constructor: { maxCount: 2 }\n';
    expect(load(text).namesOf('limitConcurrency')).toEqual(['__proto__', 'constructor']);
    expect(problem('limitConcurrency:\n  a: { maxCount: 1, __proto__: { maxCount: 2 } }\n')).toBe(
      'spillway.yaml:2:21: limitConcurrency(a).__proto__ is not an option; the options are: ' +
        'name, maxCount, maxQueueLength, timeoutMs, key, maxKeys, priority, rejectStatus, abandonMs, apdexMs',
    );
  });
});

describe('what is refused, with its place', () => {
  it.each<[text: string, message: string]>([
    ['', '1:1: configuration must have pools or policies of routes: the file is empty'],
    ['# nothing\n', '1:1: configuration must have pools or policies of routes: the file is empty'],
    [
      'protect:\n',
      '1:1: configuration must have one of: pools, limitConcurrency, circuitBreaker, protect',
    ],
    ['- a\n', '1:1: configuration must be an object, got an array'],
    ['pool:\n  a: 1\n', "1:1: configuration.pool is not an option; did you mean 'pools'?"],
    [
      'protect:\n  a: { timeoutMs: 1 }\n---\nprotect: {}\n',
      '3:1: configuration must be one document, and not several',
    ],
    [
      'protect:\n  a: { timeoutMs: 1 }\n  a: { timeoutMs: 2 }\n',
      '3:3: configuration is no YAML that can be read: Map keys must be unique',
    ],
    [
      'protect:\n\ta: 1\n',
      '2:1: configuration is no YAML that can be read: Tabs are not allowed as indentation',
    ],
    [
      'protect:\n  a: !secret { timeoutMs: 1 }\n',
      '2:6: configuration is no YAML that can be read: Unresolved tag',
    ],
    ['protect:\n  a: *b\n', '2:6: protect(a) is an alias of what has no anchor before it'],
    ['protect: &all\n  a: *all\n', '2:6: protect(a) stands within itself'],
    [
      'x-a: &all\n  <<: *all\nprotect:\n  a: *all\n',
      "2:3: configuration.x-a must merge other maps: '<<: *anchor'",
    ],
    ['protect:\n  a: { <<: 5 }\n', "2:8: protect(a) must merge other maps: '<<: *anchor'"],
    ['protect:\n  ? [a]\n  : 1\n', '2:5: configuration.protect must have names for its keys'],
    ['protect:\n  "": { timeoutMs: 1 }\n', '2:3: protect() must have a name'],
    [
      'protect:\n  a: { timeoutMs: 1 }\ncircuitBreaker:\n  a: { failureCount: 1 }\n',
      '2:3: protect(a) must have a name that no other policy has: circuitBreaker(a) has it',
    ],
    [
      'protect:\n  a: { timeoutMs: 1, name: a }\n',
      '2:28: protect(a).name is given twice: the key in front of the options is it',
    ],
    [
      'limitConcurrency:\n  a:\n    maxcount: 1\n',
      "3:15: limitConcurrency(a).maxcount is not an option; did you mean 'maxCount'?",
    ],
    [
      'limitConcurrency:\n  a:\n    maxQueueLength: 1\n',
      '2:3: limitConcurrency(a).maxCount must be a positive integer, got undefined',
    ],
    [
      'protect:\n  a:\n    timeoutMs: 30s\n',
      '3:16: protect(a).timeoutMs must be a finite number of milliseconds above 0 (durations are numbers of milliseconds: 30s is 30000), got "30s"',
    ],
    [
      'circuitBreaker:\n  a: { failureCount: 1, acceptRetryAfter: yes }\n',
      '2:43: circuitBreaker(a).acceptRetryAfter must be a boolean (in YAML 1.2 they are true and false), got "yes"',
    ],
    [
      'circuitBreaker:\n  a:\n    failureCount: 1\n    statusCodes:\n      - 500\n      - 99\n',
      "6:9: circuitBreaker(a).statusCodes[1] must be a status from 100 to 599, or a range such as '500-599', got 99",
    ],
    [
      'pools:\n  a.b:\n    backends:\n      - id: one\n        url: http://one.test\n        wieght: 1\n',
      "6:17: pool(a.b).backends[0].wieght is not an option; did you mean 'weight'?",
    ],
    [
      'pools:\n  a:\n    backends: []\n',
      '3:5: pool(a).backends must have at least one backend, got an empty array',
    ],
  ])('%j', (text, message) => {
    expect(problem(text)).toBe(`spillway.yaml:${message}`);
  });

  it('maps that are merged so often that it would take minutes', () => {
    const keys = Array.from({ length: 400 }, (_, key) => `k${key}: 1`).join(', ');
    const merges = Array(400).fill('*all').join(', ');
    const text = `x-all: &all { ${keys} }\nx-many:\n  <<: [${merges}]\nprotect:\n  a: { timeoutMs: 1 }\n`;
    expect(problem(text)).toMatch(/has more than 100000 values$/);
  });

  it.each(['!s3cret', '*s3cret', '|s3cret'])('%s for a header, without showing it', (value) => {
    const text = `pools:\n  a:\n    backends:\n      - id: one\n        headers:\n          key: ${value}\n`;
    expect(problem(text)).toMatch(/^spillway\.yaml:6:\d+: (?!.*s3cret)/);
  });

  it('aliases that would make a small file a large one', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const before = level === 0 ? '"lol"' : `*l${level - 1}`;
      return `x-${level}: &l${level} [${Array(10).fill(before).join(', ')}]`;
    });
    expect(problem(`${levels.join('\n')}\nprotect:\n  a: { timeoutMs: 1 }\n`)).toMatch(
      /has more than 100000 values$/,
    );
  });
});

describe('the environment', () => {
  const pool = (headers: string, url = 'http://a.test') =>
    `pools:\n  a:\n    backends:\n      - id: one\n        url: ${url}\n        headers:\n          ${headers}\n`;
  const headerOf = (value: string) => {
    const options = load(pool(`api-key: ${value}`)).entries.get('a')?.options;
    const [one] = (options?.backends ?? []) as { headers: Record<string, string> }[];
    return one?.headers['api-key'];
  };

  it.each([
    ['${KEY}', 's3cret'],
    ['Bearer ${KEY}!', 'Bearer s3cret!'],
    ['"${KEY}${KEY}"', 's3crets3cret'],
    ['${NONE:-default}', 'default'],
    ['${EMPTY:-}x', 'x'],
    ['${KEY:-default}', 's3cret'],
    ['$${KEY}', '${KEY}'],
    ['$KEY', '$KEY'],
    ['${TRAP}', '${KEY} *x <<'],
  ])('%s is %s', (template, value) => {
    expect(headerOf(template)).toBe(value);
  });

  it.each([
    ['${NONE}', 'needs the environment variable NONE, which is not set or is empty'],
    ['${toString}', 'needs the environment variable toString, which is not set or is empty'],
    ['${EMPTY}', 'needs the environment variable EMPTY, which is not set or is empty'],
    ['${1}', "has a '${' that is no reference: ${NAME}, ${NAME:-default}, or $${ for itself"],
  ])('%s is refused', (template, rule) => {
    expect(problem(pool(`api-key: ${template}`))).toBe(
      `spillway.yaml:7:20: pool(a).backends[0].headers["api-key"] ${rule}`,
    );
  });

  it('gives strings, and no numbers', () => {
    expect(problem('limitConcurrency:\n  a:\n    maxCount: ${KEY}\n')).toBe(
      'spillway.yaml:3:15: limitConcurrency(a).maxCount must be a positive integer (what comes from the environment is a string), got "${KEY}"',
    );
  });

  it('names no backend: an id is shown everywhere', () => {
    const text = 'pools:\n  a:\n    backends:\n      - id: x-${KEY}\n        url: http://a.test\n';
    expect(problem(text)).toBe(
      'spillway.yaml:4:13: pool(a).backends[0].id must not come from the environment: metrics and status show it',
    );
  });
});
