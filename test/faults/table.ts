import type { Section } from './fault.ts';
import { BODIES } from './table/bodies.ts';
import { CONNECTING } from './table/connecting.ts';
import { EARLY } from './table/early.ts';
import { HEADS } from './table/heads.ts';
import { KEPT } from './table/kept.ts';
import { REFUSALS } from './table/refusals.ts';
import { REQUESTS } from './table/requests.ts';

/** All that a backend may do wrong, and what its caller gets. The page docs/faults.md shows it. */
export const SECTIONS: readonly Section[] = [
  CONNECTING,
  REQUESTS,
  HEADS,
  BODIES,
  REFUSALS,
  EARLY,
  KEPT,
];
