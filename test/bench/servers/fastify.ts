import { serveFastify } from './fastify-route.ts';

await serveFastify(() => {});
