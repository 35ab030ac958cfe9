import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { completion } from '../answers.ts';
import { report } from './serve.ts';

/** A route that answers at once, with the plugins that are registered before it. */
export async function serveFastify(register: (app: FastifyInstance) => void): Promise<void> {
  const app = fastify();
  register(app);
  app.get('/api/v1/chat/completions', (_request, reply) => reply.send(completion));
  await app.listen({ host: '127.0.0.1', port: 0 });
  report((app.server.address() as AddressInfo).port);
}
