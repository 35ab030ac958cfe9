import { createServer } from 'node:http';

const server = createServer((_req, res) => res.end('from an instance'));
server.listen(Number(process.env.PORT));
process.once('SIGTERM', () => server.close());
