/**
 * A change of options that has been checked and found possible. Several can be made as one: first
 * each is applied, then each is settled, all in the synchronous step in which they were planned.
 */
export interface PlannedChange {
  /** Makes the change. Nobody is told or served meanwhile, so that nobody sees half of it. */
  apply(): void;
  /** Serves those for whom there is room now, and tells listeners. */
  settle(): void;
}

/** Why an option cannot change while requests are served. */
export interface Obstacle {
  readonly option: string;
  readonly rule: string;
}

export const CANNOT_CHANGE = 'cannot change while the service runs';
