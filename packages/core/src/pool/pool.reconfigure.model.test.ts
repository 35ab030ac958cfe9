import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { ScriptedSubmission, scriptedPool } from '@spillway/test/support/scripted-submission.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const ids = ['a', 'b', 'c', 'd'];
const member = fc.record(
  {
    priority: fc.integer({ min: 1, max: 2 }),
    weight: fc.constantFrom(0, 1, 2, 3),
    maxCount: fc.integer({ min: 1, max: 3 }),
    headers: fc.constantFrom({ 'api-key': 'one' }, { 'api-key': 'two' }),
    url: fc.constantFrom('https://one.test', 'https://two.test'),
    breaker: fc.constantFrom(
      { failureCount: 1, tripDurationMs: 300 },
      { failurePercentage: 50, minimumRequests: 2, tripDurationMs: 900 },
    ),
  },
  { requiredKeys: [] },
);
const options = fc
  .record({
    members: fc.tuple(member, member, member, member),
    present: fc.subarray(ids, { minLength: 1 }),
    queue: fc.option(
      fc.record({
        maxQueueLength: fc.integer({ min: 0, max: 4 }),
        timeoutMs: fc.constantFrom(80, 900),
      }),
      { nil: undefined },
    ),
    balance: fc.constantFrom('weighted' as const, 'random' as const, 'least-requests' as const),
  })
  .map(({ members, present, ...rest }) => ({
    ...rest,
    backends: present.map((id, index) => ({
      id,
      url: `https://${id}.test`,
      ...members[ids.indexOf(id)],
      ...(index === 0 && { weight: 1 }),
    })),
  }));

const which = fc.nat(30);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      which,
      status: fc.constantFrom(200, 200, 429, 500),
    }),
  },
  fc.record({ do: fc.constant('leave' as const), which }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 90, 1_000, 40_000) }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('reconfigure' as const), options }) },
);

it('keeps every place, limit and share, whatever is changed under load', () => {
  const seen = { reconfigured: 0, drained: 0, waited: 0, reinstated: 0 };
  fc.assert(
    fc.property(options, fc.array(step, { minLength: 5, maxLength: 50 }), (first, steps) => {
      const clock = new FakeClock();
      const pool = scriptedPool(first, clock, seededRandom(7));
      const requests: ScriptedSubmission[] = [];
      const atWork = () => requests.filter(({ current }) => current !== undefined);
      for (const each of steps) {
        if (each.do === 'send') {
          const request = new ScriptedSubmission(pool, 'GET');
          request.onAttempt = ({ backend }) => {
            expect(backend.running).toBeLessThanOrEqual(backend.config.maxCount);
            expect(backend.draining).toBe(false);
          };
          requests.push(request);
          request.begin();
        } else if (each.do === 'reply') {
          const open = atWork();
          open[each.which % Math.max(1, open.length)]?.reply(each.status);
        } else if (each.do === 'leave') {
          const open = requests.filter(({ current, waits }) => current !== undefined || waits);
          open[each.which % Math.max(1, open.length)]?.leave();
        } else if (each.do === 'wait') {
          clock.advance(each.ms);
        } else {
          const before = atWork().map(({ current }) => current);
          const draining = pool.backends.filter((backend) => backend.draining);
          pool.reconfigure(each.options);
          seen.reconfigured++;
          seen.reinstated += draining.filter((backend) => !backend.draining).length;
          // What ran still does, at the same place.
          for (const lease of before)
            expect(atWork().some(({ current }) => current === lease)).toBe(true);
          const listed = new Set(each.options.backends.map(({ id }) => id));
          for (const { id, draining, config } of pool.backends) {
            expect(draining).toBe(!listed.has(id));
            const given = each.options.backends.find((backend) => backend.id === id);
            if (given === undefined) continue;
            expect(config.url?.href).toBe(new URL(given.url).href);
            expect(config.headers).toEqual(given.headers ?? {});
            expect(config.maxCount).toBe(given.maxCount ?? Number.POSITIVE_INFINITY);
            expect(pool.status().backends.find((status) => status.id === id)?.weight).toBe(
              given.weight ?? 1,
            );
          }
          expect(pool.backends.filter(({ draining }) => !draining)).toHaveLength(listed.size);
        }
        for (const backend of pool.backends) {
          const here = atWork().filter(({ current }) => current?.backend === backend);
          const { running, available, breaker, config } = backend;
          expect(running).toBe(here.length);
          const admits = !backend.draining && (breaker?.admits ?? true);
          expect(available).toBe(running < config.maxCount && admits);
          if (backend.draining) seen.drained++;
        }
        const { waiting } = pool.status();
        expect(waiting).toBe(requests.filter(({ waits }) => waits).length);
        // Nobody waits beside a free place.
        if (waiting > 0) {
          const serving = pool.backends.filter(({ weight, draining }) => weight > 0 && !draining);
          expect(serving.some(({ available }) => available)).toBe(false);
        }
        seen.waited += waiting;
      }
      for (let open = atWork(); open.length > 0; open = atWork()) {
        for (const request of open) if (request.current !== undefined) request.reply(200);
      }
      for (const request of requests) request.leave();
      expect(pool.status()).toMatchObject({ running: 0, waiting: 0 });
      pool.dispose();
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns: 300 },
  );
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
});

it('shares exactly from the change on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }), {
        minLength: 2,
        maxLength: 4,
      }),
      fc.integer({ min: 1, max: 60 }),
      (tables, requests) => {
        const optionsOf = (weights: readonly number[]) => ({
          backends: weights.map((weight, index) => ({
            id: ids[index] as string,
            url: 'https://any.test',
            weight,
          })),
        });
        const pool = scriptedPool(optionsOf(tables[0] as number[]));
        for (const weights of tables) {
          pool.reconfigure(optionsOf(weights));
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const counts = new Map<string, number>();
          for (let count = 1; count <= requests; count++) {
            const id = new ScriptedSubmission(pool).play200();
            counts.set(id, (counts.get(id) ?? 0) + 1);
            weights.forEach((weight, index) => {
              const share = (count * weight) / total;
              const got = counts.get(ids[index] as string) ?? 0;
              expect(Math.abs(got - share)).toBeLessThan(1 + 1e-9);
            });
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});
