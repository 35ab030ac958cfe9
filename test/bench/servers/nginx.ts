import { serveProgram } from '../foreign/serve-program.ts';
import { backendUrl } from './serve.ts';

/** One worker; what its documentation says for keeping connections to a backend, and no log. */
await serveProgram({
  program: 'nginx',
  configuration: (port, folder) => `
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  upstream backend {
    server ${new URL(backendUrl()).host};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location /api/ {
      proxy_pass http://backend/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`,
  args: (file, folder) => ['-c', file, '-p', folder, '-e', 'stderr'],
});
