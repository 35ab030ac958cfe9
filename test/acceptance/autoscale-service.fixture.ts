/** An instance for tests, quick to start: what it does is said by its environment. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const { PORT, READY_AFTER_MS = '0', WORK_MS = '0', IGNORES_SIGTERM, DIES } = process.env;

if (DIES === 'at once') process.exit(3);
if (DIES === 'for another one') {
  const other = `setTimeout(() => process.exit(), 5_000);
    http.createServer((_request, response) => response.end(() => process.exit())).listen(${PORT});`;
  spawn(process.execPath, ['-e', other], { detached: true, stdio: 'ignore' }).unref();
  process.exit(3);
}
/** Processor time, of which a busy machine gives no more in the same time. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
const readyAt = performance.now() + Number(READY_AFTER_MS);
const server = createServer((request, response) => {
  const [, path, ms] = request.url?.split('/') ?? [];
  if (path === 'readyz') response.statusCode = performance.now() < readyAt ? 503 : 200;
  const until = usedMs() + (path === 'busy' ? Number(ms) : 0);
  while (usedMs() < until);
  setTimeout(() => response.end(String(process.pid)), path === 'pid' ? Number(WORK_MS) : 0);
});
server.listen(Number(PORT));
if (IGNORES_SIGTERM) process.on('SIGTERM', () => {});
else process.once('SIGTERM', () => server.close());
