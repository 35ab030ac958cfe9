import { once } from 'node:events';
import Bottleneck from 'bottleneck';
import { serveLater } from './route.ts';

const limiter = new Bottleneck({ maxConcurrent: 20 });

/** One job for each request, which lasts as long as its response. */
serveLater((_req, res, next) => {
  limiter.schedule(async () => {
    // Its caller has left while it was queued: nothing would ever end the job.
    if (res.destroyed) return;
    next();
    await once(res, 'close');
  });
});
