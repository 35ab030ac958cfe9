import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import Bottleneck from 'bottleneck';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type InLine, NORMAL_PRIORITY, sanePriority, WaitingLine } from './waiting-line.ts';

class Somebody implements InLine {
  readonly name: number;
  line: WaitingLine<never> | undefined = undefined;
  priority: number;
  ahead: InLine | undefined = undefined;
  behind: InLine | undefined = undefined;

  constructor(name: number, priority = NORMAL_PRIORITY) {
    this.name = name;
    this.priority = priority;
  }
}

/** Takes one after another out at the front. */
function serveAll(line: WaitingLine<Somebody>): number[] {
  const order: number[] = [];
  for (let first = line.first; first !== undefined; first = line.first) {
    order.push(first.name);
    line.leave(first);
  }
  return order;
}

describe('a waiting line', () => {
  it('is empty at first', () => {
    const line = new WaitingLine();
    expect(line).toHaveLength(0);
    expect(line.first).toBeUndefined();
  });

  it('serves by priority, and by arrival within a priority', () => {
    const line = new WaitingLine<Somebody>();
    const priorities = [5, 9, 0, 5, 0, 9, 3];
    priorities.forEach((priority, name) => {
      line.join(new Somebody(name, priority));
    });
    expect(serveAll(line)).toEqual([2, 4, 6, 0, 3, 1, 5]);
    expect(line).toHaveLength(0);
  });

  it('keeps no hold of those who have left', () => {
    const line = new WaitingLine<Somebody>();
    const [first, second, third] = [new Somebody(1), new Somebody(2), new Somebody(3)];
    for (const entry of [first, second, third]) line.join(entry);
    line.leave(second);
    expect(second).toMatchObject({ line: undefined, ahead: undefined, behind: undefined });
    expect(first).toMatchObject({ line, ahead: undefined, behind: third });
    expect(third).toMatchObject({ line, ahead: first, behind: undefined });
  });

  type Step = { readonly join: number; readonly priority: number } | { readonly leave: number };

  it('agrees with a plain list under any joining and leaving', () => {
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ join: fc.nat(11), priority: fc.integer({ min: 0, max: 9 }) }),
      fc.record({ leave: fc.nat(11) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const line = new WaitingLine<Somebody>();
        const everybody = Array.from({ length: 12 }, (_, name) => new Somebody(name));
        let model: Somebody[] = [];
        for (const step of steps) {
          const somebody = everybody['join' in step ? step.join : step.leave] as Somebody;
          const stands = model.includes(somebody);
          expect(somebody.line).toBe(stands ? line : undefined);
          if ('join' in step) {
            if (stands) continue;
            somebody.priority = step.priority;
            line.join(somebody);
            model.push(somebody);
          } else if (stands) {
            line.leave(somebody);
            model = model.filter((other) => other !== somebody);
          }
          expect(line).toHaveLength(model.length);
          // Sorting is stable: arrival decides within a priority.
          expect(line.first).toBe([...model].sort((a, b) => a.priority - b.priority)[0]);
        }
        model.sort((a, b) => a.priority - b.priority);
        expect(serveAll(line)).toEqual(model.map(({ name }) => name));
      }),
      { numRuns: 1_000, seed: 21 },
    );
  });

  // At O(n) each, these steps would be 10 000 000 000.
  it('lets 100 000 leave in any order at once', () => {
    const line = new WaitingLine<Somebody>();
    const random = seededRandom(3);
    const everybody = Array.from({ length: 100_000 }, (_, name) => ({
      somebody: new Somebody(name, name % 10),
      at: random(),
    }));
    for (const { somebody } of everybody) line.join(somebody);
    everybody.sort((a, b) => a.at - b.at);
    const startedAt = performance.now();
    for (const { somebody } of everybody) line.leave(somebody);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(line).toHaveLength(0);
    expect(line.first).toBeUndefined();
  });
});

describe('sanePriority', () => {
  it.each([
    ...[-1, 0, 1, 5, 9, 10, 1_000, -1_000],
    ...[0.5, 9.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ...[undefined, null, '0', 'high', true, {}, []],
  ])('makes of %j what Bottleneck makes of it', async (priority) => {
    const bottleneck = new Bottleneck();
    const received: unknown[] = [];
    bottleneck.on('received', ({ options }) => received.push(options.priority));
    const options = { priority } as Bottleneck.JobOptions;
    await bottleneck.schedule(options, async () => undefined);
    expect([sanePriority(priority)]).toEqual(received);
  });
});
