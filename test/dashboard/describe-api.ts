import type { AdapterHost } from '@spillway/test/support/adapter-host.ts';
import { describe, expect, it } from 'vitest';
import { startControlRoom } from './control-room.ts';

/** The control room's API, alike behind every framework. */
export function describeApi(name: string, host: AdapterHost): void {
  describe(`the control room behind ${name}`, () => {
    it('shows the state of everything', async () => {
      const { get, spillway } = await startControlRoom(host);
      const answer = await get('/status');
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      const { processor, ...status } = spillway.status();
      expect(answer.json().status).toMatchObject(JSON.parse(JSON.stringify(status)));
      expect(answer.json()).toMatchObject({
        instance: expect.stringMatching(new RegExp(`^${process.pid}@`)),
        received: { chat: { stable: 0, canary: 0, spare: 0 } },
      });
      expect(processor).toBeDefined();
    });

    it('makes a change, and tells what it did', async () => {
      const { change, pool } = await startControlRoom(host);
      const answer = await change('PUT', '/pools/chat/traffic', {
        shares: { stable: 0.5, canary: 0.5 },
      });
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({ applied: true, by: 'operator ann' });
      expect(pool.status().backends.map(({ weight }) => weight)).toEqual([0.5, 0.5, 1]);
    });
  });
}
