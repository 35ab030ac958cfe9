// One of several instances that share a limit: callers who come again as soon as they were served.
import {
  Passage,
  type ProblemError,
  RoutePolicy,
  readRouteOptions,
  systemClock,
} from '@spillway/core';
import { redisCoordinator } from '@spillway/redis';
import type { InstanceFigures, InstanceTask } from './measure-instances.ts';

const { url, maxCount, callers, workMs } = JSON.parse(process.argv[2] ?? '{}') as InstanceTask;
const coordinator = redisCoordinator({ url });
const options = { maxCount, maxQueueLength: callers, timeoutMs: 60_000 };
const config = readRouteOptions.limitConcurrency(options, 'bench');
const policy = new RoutePolicy('bench', config, systemClock, {}, coordinator);

const figures = { served: 0, workedMs: 0 };
let isOver = false;

class Caller extends Passage {
  protected override run(): void {
    const beganAt = performance.now();
    setTimeout(() => {
      figures.served++;
      figures.workedMs += performance.now() - beganAt;
      this.completed(200);
      if (!isOver) new Caller(policy).begin({ headers: {} });
    }, workMs);
  }

  protected override refuse(problem: ProblemError): void {
    throw problem;
  }

  protected override cutShort(): void {}
  protected override dropped(): void {}
  protected override left(): void {}
  protected override isMoot = false;
  protected override isAnswered = false;
}

await coordinator.ready();
process.send?.('ready');
process.on('message', async (message) => {
  if (message === 'begin') {
    for (let each = 0; each < callers; each++) new Caller(policy).begin({ headers: {} });
  } else if (message === 'figures') {
    process.send?.({ ...figures } satisfies InstanceFigures);
  } else {
    isOver = true;
    policy.dispose();
    await coordinator.close();
    process.exit();
  }
});
