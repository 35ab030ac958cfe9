import autocannon from 'autocannon';
import { type LoadResult, type Target, textOf } from './target.ts';

process.on('message', async ({ target, seconds }: { target: Target; seconds: number }) => {
  const result = await autocannon({
    url: target.url,
    connections: target.connections,
    duration: seconds,
    sampleInt: 50,
    requests: Array.from({ length: target.sessions }, (_, index) => requestOf(target, index + 1)),
  });
  const answer: LoadResult = {
    requests: result.requests.total,
    seconds: result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.errors + result.non2xx,
  };
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());

function requestOf({ method, headers, body }: Target, session: number) {
  const sent = { ...headers, 'x-session': `session-${session}` };
  if (body === undefined) return { method, headers: sent };
  return { method, headers: { ...sent, 'content-type': 'application/json' }, body: textOf(body) };
}
