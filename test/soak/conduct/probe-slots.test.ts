import { expect, it } from 'vitest';
import { startBackend } from '../../support/backend.ts';
import type { Questioned } from '../questions.ts';
import type { ServiceAnswers } from '../service/service.ts';
import { probeSlots } from './probe-slots.ts';

// A rejection of its calls that nobody handled would fail this test, as it would end a soak.
it('fails with the service that it looks at', async () => {
  const backend = await startBackend((_request, response) => void response.destroy());
  let looks = 0;
  const ask = async () => {
    looks += 1;
    if (looks > 2) throw new Error('the process ended (SIGKILL)');
    return { spillway: { breakers: {}, gates: {} }, books: {} };
  };
  const service = { ask } as unknown as Questioned<ServiceAnswers>;
  await expect(probeSlots(backend.url, service, 'limited', 3)).rejects.toThrow('SIGKILL');
});
