import { pbkdf2Sync } from 'node:crypto';

const TRIAL = 2_000;
const TRIALS = 40;

/** Iterations of the hash that take so much processor time on this machine. */
export function iterationsFor(requestMs: number): number {
  hash(TRIAL);
  const before = process.cpuUsage();
  for (let count = 0; count < TRIALS; count++) hash(TRIAL);
  const { user, system } = process.cpuUsage(before);
  const perIterationMs = (user + system) / 1_000 / (TRIAL * TRIALS);
  return Math.max(1, Math.round(requestMs / perIterationMs));
}

function hash(iterations: number): void {
  pbkdf2Sync('text', 'salt', iterations, 32, 'sha512');
}
