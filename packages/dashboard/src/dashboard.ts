import { randomBytes } from 'node:crypto';
import { ConfigurationError } from '@spillway/core';
import { partsOf, type SpillwayCalls } from '@spillway/node-http';
import { Api } from './api.ts';
import { ControlRoom } from './control-room.ts';
import { type DashboardOptions, readDashboardOptions } from './options.ts';

/**
 * The control room of a service: middleware, of the framework that `spillway` was made for, that shows
 * what goes on and takes changes from those who may steer. Mount it where nothing else is.
 *
 * @throws ConfigurationError when an option is unknown or impossible; without `authorize`, which says
 * who may look and who may steer
 * @example
 * app.use('/spillway', dashboard(spillway, {
 *   authorize: (request) => ({ name: request.user.name, role: request.user.isAdmin ? 'operator' : 'viewer' }),
 * }));
 */
export function dashboard<M, R, P>(
  spillway: SpillwayCalls<M, R, P>,
  options: DashboardOptions<R>,
): M {
  const parts = partsOf(spillway);
  if (parts === undefined) {
    const rule = 'must be given what createSpillway() gave';
    throw new ConfigurationError('dashboard', rule, spillway);
  }
  const read = readDashboardOptions(options ?? {}, 'dashboard');
  const { engine, handle } = parts;
  if (engine.shuttingDown) {
    throw new ConfigurationError('dashboard', 'cannot be made after shutdown()');
  }
  const room = new ControlRoom(engine, read);
  const api = new Api(room, read, read.tokenSecret ?? randomBytes(32));
  return handle((handed) => api.answer(handed));
}
