import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Spillway } from '@spillway/express';
import type { Express } from 'express';
import { onTestFinished } from 'vitest';

/** Serves a recipe's application on loopback until the test has ended; gives its origin. */
export async function serveRecipe(recipe: { app: Express; spillway: Spillway }): Promise<string> {
  const server = recipe.app.listen(0, '127.0.0.1');
  onTestFinished(() => recipe.spillway.shutdown({ server, timeoutMs: 0 }));
  return originOf(server);
}

export async function originOf(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
