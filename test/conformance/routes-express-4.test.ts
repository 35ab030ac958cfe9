import express from 'express4';
import { expressHost } from '../support/express-host.ts';
import { describeRoutes } from './describe-routes.ts';

describeRoutes('Express 4', expressHost(express));
