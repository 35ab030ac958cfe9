import { createSimulator } from '@spillway/azure-openai-simulator';
import { expect, it, onTestFinished } from 'vitest';
import { createClient } from './outgoing-calls.ts';

it('makes outgoing calls through the pool, with each backend’s own key', async () => {
  const ptu = createSimulator({ region: 'ptu1', apiKey: 'ptu-key', refuse: [429] });
  const payg = createSimulator({ region: 'payg1', apiKey: 'payg-key' });
  const { client, spillway } = createClient(
    { url: `${await ptu.listen()}/openai`, key: 'ptu-key' },
    { url: `${await payg.listen()}/openai`, key: 'payg-key' },
  );
  onTestFinished(async () => {
    await spillway.shutdown();
    await Promise.all([ptu.close(), payg.close()]);
  });
  const ask = async () => {
    const messages = [{ role: 'user' as const, content: 'Is the lake full?' }];
    const call = client.chat.completions.create({ model: 'gpt-4o', messages });
    return (await call.withResponse()).response.headers.get('x-ms-region');
  };
  expect(await ask()).toBe('payg1');
  expect(await ask()).toBe('ptu1');
  expect(ptu.stats().records.map(({ status }) => status)).toEqual([429, 200]);
});
