import express from 'express';
import express4 from 'express4';
import Koa from 'koa';
import Koa2 from 'koa2';
import { expressHost } from '../support/express-host.ts';
import { koaHost } from '../support/koa-host.ts';
import { describeFaults } from './describe-faults.ts';

const by = 'proxy';
describeFaults({ name: 'Express 5', by, host: expressHost(express) });
describeFaults({ name: 'Express 4', by, host: expressHost(express4) });
describeFaults({ name: 'Koa 3', by, host: koaHost(Koa) });
describeFaults({ name: 'Koa 2', by, host: koaHost(Koa2) });
