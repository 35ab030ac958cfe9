import { closeBackend, drainBackend, tripBackend } from './backends.ts';
import { closeRoute, tripRoute } from './breakers.ts';
import type { ChangeRoute } from './change.ts';
import { abortRollout, pauseRollout, resumeRollout, startRollout } from './rollouts.ts';
import { setShadow } from './shadows.ts';
import { setTraffic } from './traffic.ts';

/** Everything that can be steered. */
export const CHANGES: readonly ChangeRoute[] = [
  setTraffic,
  startRollout,
  pauseRollout,
  resumeRollout,
  abortRollout,
  drainBackend,
  tripBackend,
  closeBackend,
  setShadow,
  tripRoute,
  closeRoute,
];
