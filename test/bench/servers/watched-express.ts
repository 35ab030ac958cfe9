import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { withDashboard } from './dashboard-app.ts';
import { serve } from './serve.ts';

/** Reads the stream of a page, and ends with it. */
const READER = `
require('node:http').get(process.argv[1], (response) => {
  response.resume().on('close', () => process.exit());
}).on('error', () => process.exit());
`;

const server = withDashboard();
server.once('listening', () => {
  const { port } = server.address() as AddressInfo;
  // A process of its own, whose time is not the server's.
  const stream = `http://127.0.0.1:${port}/spillway/stream`;
  spawn(process.execPath, ['-e', READER, stream], { stdio: 'ignore' }).unref();
});
serve(server);
