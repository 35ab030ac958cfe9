import { expect, it } from 'vitest';
import { KINDS, type Kind, type Outcome } from '../kinds.ts';
import { Accounting } from './account.ts';

const kindNamed = (name: string) => KINDS.find((kind) => kind.name === name) as Kind;

/** A POST, a GET and a GET to the pool with a queue, each served once by `b1`. */
function accountOf(change: (accounting: Accounting) => void = () => {}) {
  const accounting = new Accounting();
  const sent = (id: number, kind: string, outcome: Outcome) =>
    accounting.sent(id, { kind: kindNamed(kind), outcome });
  sent(1, 'post', 'ok');
  sent(2, 'get', 'ok');
  sent(3, 'get from few', 'queue_full');
  sent(4, 'limited', 'ok');
  for (const id of [1, 2]) accounting.received('b1', id, 200, false);
  change(accounting);
  return accounting.close();
}

it('finds nothing wrong where each was served once', () => {
  expect(accountOf()).toEqual({
    received: { b1: 2 },
    posts: 1,
    twice: [],
    unserved: [],
    servedThough: [],
    unknown: [],
  });
});

it('finds a POST that two backends served, and lets a GET be', () => {
  const account = accountOf((accounting) => {
    accounting.received('b2', 1, 200, false);
    accounting.received('b2', 2, 200, false);
  });
  expect(account).toMatchObject({ twice: [1], received: { b1: 2, b2: 2 } });
});

it('finds a POST that was served after another backend had failed at it', () => {
  const account = accountOf((accounting) => accounting.received('b2', 1, 500, false));
  expect(account.twice).toEqual([1]);
});

it('lets a POST be that was refused before it was served, or copied to a shadow', () => {
  const account = accountOf((accounting) => {
    accounting.received('b2', 1, 429, false);
    accounting.received('candidate', 1, 200, true);
  });
  expect(account.twice).toEqual([]);
});

it('finds what was answered but served by nobody, refused but served, and sent by nobody', () => {
  const account = accountOf((accounting) => {
    accounting.sent(5, { kind: kindNamed('put'), outcome: 'ok' });
    accounting.received('b1', 3, 200, false);
    accounting.received('b1', 6, 200, false);
  });
  expect(account).toMatchObject({ unserved: [5], servedThough: [3], unknown: [6] });
});
