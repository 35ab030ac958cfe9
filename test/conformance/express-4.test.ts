import express from 'express4';
import { expressHost } from '../support/express-host.ts';
import { describeAdapter } from './describe-adapter.ts';

describeAdapter('Express 4', expressHost(express));
