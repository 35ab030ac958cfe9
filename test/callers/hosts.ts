import express from 'express';
import { hosts as adapters } from '../hardening/routes/hosts.ts';
import type { AdapterHost } from '../support/adapter-host.ts';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress } from '../support/hpm-host.ts';

/** Whatever callers meet, by name. */
export const hosts: ReadonlyMap<string, AdapterHost> = new Map([
  ...adapters,
  ['Express 5 through http-proxy-middleware', hpmOnExpress(expressHost(express))],
]);
