import { serveProgram } from '../foreign/serve-program.ts';
import { backendUrl } from './serve.ts';

/** One thread; connections to the backend are shared, and there is no log. */
await serveProgram({
  program: 'haproxy',
  configuration: (port) => `
global
  nbthread 1
  maxconn 1024
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
  option forwardfor
frontend callers
  bind 127.0.0.1:${port}
  http-request replace-path /api(/.*) \\1
  default_backend backend
backend backend
  server one ${new URL(backendUrl()).host}
`,
  args: (file) => ['-db', '-f', file],
});
