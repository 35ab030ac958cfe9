import type { Check } from '@spillway/example-charts/page.ts';
import type { Measurements } from '../conduct/measurements.ts';
import { atWork, moreHandles } from '../conduct/rest.ts';
import { SLOTS } from '../service/policies.ts';

/** Whether anything is left when nothing should be. */
export function judgeLeftovers(measured: Measurements): Check[] {
  const { state, unanswered, probes, before, after, end } = measured;
  const left = [
    ...atWork(state),
    ...Object.entries(unanswered).filter(([, count]) => count !== 0),
  ].map(([name, count]) => `${name}: ${count}`);
  const most = Object.entries(state.books).map(([route, counts]) => ({
    gate: route,
    slots: SLOTS[route as keyof typeof SLOTS],
    taken: counts.most,
  }));
  const odd = [
    ...probes.filter(({ slots, taken }) => slots !== taken),
    ...most.filter(({ slots, taken }) => taken > slots),
  ].map(({ gate, slots, taken }) => `${gate} had ${taken} at once, of ${slots}`);
  const handles = moreHandles(before, after).map(([kind, more]) => `${more} × ${kind}`);
  return [
    {
      claim: 'nothing runs or waits, at no gate, pool or backend',
      passed: left.length === 0,
      detail: left.join(', ') || 'all are at 0',
    },
    {
      claim: 'every gate has all of its slots, and no more',
      passed: odd.length === 0 && probes.length > 0,
      detail: odd.join(', ') || probes.map(({ gate, taken }) => `${gate}: ${taken}`).join(', '),
    },
    {
      claim: 'no sockets, timers or other handles are left',
      passed: handles.length === 0,
      detail: handles.join(', ') || 'as many as before the first request',
    },
    {
      claim: 'nothing was left unhandled, and Node had nothing to warn of',
      passed: state.complaints.length === 0,
      detail: state.complaints.slice(0, 3).join('; ') || 'nothing was said',
    },
    {
      claim: 'after shutdown() the process ended by itself',
      passed: end?.code === 0,
      detail: end === undefined ? 'it did not' : `${end.signal ?? `code ${end.code}`}`,
    },
  ];
}
