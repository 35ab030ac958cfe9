import express from 'express';
import { expressHost } from '../support/express-host.ts';
import { describeAdapter } from './describe-adapter.ts';

describeAdapter('Express 5', expressHost(express));
