import { type Rollout, type RolloutOptions, read } from '@spillway/core';
import type { HttpPool } from '@spillway/node-http';
import { ApiError } from '../http/api-error.ts';
import type { ChangeRoute } from './change.ts';
import { atRate, duration, percent, points, rateOfLevel } from './sentences.ts';
import { backendOf, levelOf, poolOf, quoted, sharesOf } from './targets.ts';

export const startRollout: ChangeRoute = {
  method: 'POST',
  path: '/pools/{pool}/rollouts',
  plan(steered, { pool: name }, body) {
    const pool = poolOf(steered.engine, name);
    const options = body as RolloutOptions;
    const { to, steps, intervalMs, abort } = pool.dryRun.rollout(options);
    const { priority } = backendOf(pool, to);
    const level = levelOf(pool, priority);
    const rate = rateOfLevel(steered, level);
    const taken = steps.map(percent).join(', ');
    const [first = 0] = steps;
    const effects = [
      `${to} takes ${taken} of level ${priority}, each for ${duration(intervalMs)} at least`,
      `at once ${percent(first)} (${atRate(rate * first)})`,
      putBackWhen(abort),
    ];
    return {
      pool: pool.name,
      backend: to,
      summary: `rollout of ${pool.name} to ${to}`,
      effects,
      before: { shares: sharesOf(level) },
      after: { to, steps, intervalMs, abort },
      apply: () => void pool.rollout(options),
    };
  },
};

function putBackWhen({ failureRatio, latencyMs, minimumRequests }: Rollout['config']['abort']) {
  const limits = [
    `it fails ${points(failureRatio)} more of its requests than the others do`,
    ...(latencyMs === undefined
      ? []
      : [`its mean time is more than ${duration(latencyMs)} above theirs`]),
  ];
  return `everything is put back when ${limits.join(', or ')}; ${minimumRequests} requests are needed to judge`;
}

interface Steer {
  readonly verb: 'pause' | 'resume' | 'abort';
  /** `undefined`: every live one. */
  readonly from: 'running' | 'paused' | undefined;
  readonly to: 'paused' | 'running' | 'aborted';
  effects(rollout: Rollout): readonly string[];
}

function steer({ verb, from, to: state, effects }: Steer): ChangeRoute {
  return {
    method: 'POST',
    path: `/pools/{pool}/rollouts/{to}/${verb}`,
    plan({ engine }, { pool: name, to }, body) {
      read.object({})(body, 'body');
      const pool = poolOf(engine, name);
      const rollout = liveRollout(pool, to);
      if (from !== undefined && rollout.state !== from) {
        const detail = `the rollout to ${quoted(to)} is ${rollout.state}`;
        throw new ApiError('impossible_now', detail);
      }
      return {
        pool: pool.name,
        backend: rollout.config.to,
        summary: `${verb} the rollout of ${pool.name} to ${rollout.config.to}`,
        effects: effects(rollout),
        before: { state: rollout.state, share: rollout.share },
        after: { state },
        apply: () => rollout[verb](),
      };
    },
  };
}

function liveRollout(pool: HttpPool, to: string | undefined): Rollout {
  const rollout = pool.rollouts.find(({ config }) => config.to === to);
  if (rollout !== undefined) return rollout;
  const detail = `the pool ${quoted(pool.name)} has no rollout to ${quoted(to)} under way`;
  throw new ApiError('not_found', detail);
}

export const pauseRollout = steer({
  verb: 'pause',
  from: 'running',
  to: 'paused',
  effects: ({ config, share }) => [
    `${config.to} stays at ${percent(share)}; its limits are watched all the same`,
  ],
});

export const resumeRollout = steer({
  verb: 'resume',
  from: 'paused',
  to: 'running',
  effects: ({ config, share }) => [
    `the step of ${percent(share)} begins anew, and lasts ${duration(config.intervalMs)} at least`,
  ],
});

export const abortRollout = steer({
  verb: 'abort',
  from: undefined,
  to: 'aborted',
  effects: () => ['every share of the level is put back as it was before the rollout'],
});
