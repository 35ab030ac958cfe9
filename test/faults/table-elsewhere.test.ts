import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import Koa2 from 'koa2';
import { expressHost } from '../support/express-host.ts';
import { hpmOnExpress, hpmOnKoa } from '../support/hpm-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { describeFaults } from './describe-faults.ts';

describeFaults({ name: 'pool.fetch', by: 'fetch', host: expressHost(express) });

const by = 'http-proxy-middleware';
describeFaults({ name: `${by} on Express 5`, by, host: hpmOnExpress(expressHost(express)) });
describeFaults({ name: `${by} on Express 4`, by, host: hpmOnExpress(expressHost(express4)) });
describeFaults({ name: `${by} on Koa 3`, by, host: hpmOnKoa(koaHost(Koa)) });
describeFaults({ name: `${by} on Koa 2`, by, host: hpmOnKoa(koaHost(Koa2)) });
