// The service under test, in a process of its own.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import Koa from 'koa';
import { expressHost } from '../../support/express-host.ts';
import { koaHost } from '../../support/koa-host.ts';
import type { Framework } from '../options.ts';
import { answerQuestions } from '../questions.ts';
import { type Change, ChangingPool } from './changes.ts';
import { fetchHandler, Hold, workHandler } from './handlers.ts';
import { backendsOf, makeGates, makePools, type Place } from './policies.ts';
import { RouteBook } from './route-book.ts';
import { type Sabotage, spoil } from './sabotage.ts';
import { hearComplaints, takeVitals } from './vitals.ts';

export interface ServiceInput {
  readonly framework: Framework;
  readonly backends: readonly Place[];
  readonly candidate: Place;
  readonly sabotages: readonly Sabotage[];
}

const input = JSON.parse(process.argv[2] ?? '') as ServiceInput;
const sabotages = new Set(input.sabotages);
const complaints = hearComplaints();
const host = input.framework === 'koa' ? koaHost(Koa) : expressHost(express);
const spillway = host.createSpillway();
const backends = backendsOf(input.backends, input.candidate);
const pools = makePools(spillway, backends);
const gates = makeGates(spillway, sabotages);
const changing = new ChangingPool(pools.pool, backends);
const hold = new Hold();
const books = { limited: new RouteBook(), keyed: new RouteBook(), protected: new RouteBook() };

const app = host.createApp();
const proxy = spillway.proxy(pools.pool);
app.mount('/pool', proxy);
app.mount('/narrow', spillway.proxy(pools.narrow));
app.route('/fetch', [gates.fetch], fetchHandler(pools.fetch, sabotages));
for (const [route, book] of Object.entries(books)) {
  const gate = gates[route as keyof typeof books];
  app.route(`/${route}`, [gate], workHandler(book, hold, sabotages));
}
app.mount('/readyz', spillway.readiness());
app.mount('/livez', spillway.liveness());
app.mount('/metrics', spillway.metrics());

const listener = app.listener();
let requests = 0;
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  requests += 1;
  spoil(sabotages, requests);
  const [, route = ''] = (request.url ?? '').split(/[/?]/, 2);
  if (route in books) books[route as keyof typeof books].arrive(response);
  listener(request, response);
});
server.on('upgrade', (request, socket, head) => {
  request.url = request.url?.slice('/pool'.length);
  proxy.upgrade(request, socket, head);
});
let shuttingDown = false;

const answers = {
  port: () => (server.address() as AddressInfo).port,
  vitals: takeVitals,
  status: () => ({
    spillway: spillway.status(),
    retired: changing.retired,
    copies: changing.copies,
    books: Object.fromEntries(Object.entries(books).map(([name, { counts }]) => [name, counts])),
    complaints,
  }),
  change: (change: Change) => changing.make(change),
  release: () => hold.release(),
  /** The process must end by itself after it, as soon as its parent has hung up. */
  shutdown: () => {
    shuttingDown = true;
    return spillway.shutdown({ server, timeoutMs: 5_000 });
  },
};
export type ServiceAnswers = typeof answers;

process.on('disconnect', () => {
  if (!shuttingDown) process.exit();
});
server.listen(0, '127.0.0.1', () => answerQuestions(answers));
