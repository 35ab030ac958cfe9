import { createSpillway } from '@spillway/express';
import OpenAI from 'openai';

interface Deployment {
  readonly url: string;
  readonly key: string;
}

export function createClient(ptu: Deployment, payg: Deployment) {
  const spillway = createSpillway();

  // #region recipe
  const chat = spillway.pool('chat', {
    backends: [
      { id: 'ptu1', url: ptu.url, priority: 1, headers: { 'api-key': ptu.key } },
      { id: 'payg1', url: payg.url, priority: 2, headers: { 'api-key': payg.key } },
    ],
  });
  const client = new OpenAI({
    fetch: chat.fetch,
    baseURL: 'http://chat/v1', // the path counts, and is appended to the backend's own
    apiKey: 'unused', // each backend gets its own key instead
  });
  // #endregion

  return { client, spillway };
}
