import express from 'express';
import { expressHost } from '../support/express-host.ts';
import { describeRoutes } from './describe-routes.ts';

describeRoutes('Express 5', expressHost(express));
