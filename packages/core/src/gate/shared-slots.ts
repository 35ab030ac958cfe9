/**
 * The slots of one limit, which all instances of a service share. Numbers are of this instance
 * unless something else is said.
 */
export interface SharedSlots {
  /** How many requests may run here now. */
  readonly capacity: number;
  /**
   * How many might run here soon, as far as is known: those too whose slots are being asked for, or
   * would be. What is not to be had after all is taken off within milliseconds.
   */
  readonly reachable: number;
  /** Whether nothing may run, because the coordinator cannot be reached. */
  readonly refuses: boolean;
  /**
   * Says how many requests run here and how many would like to. Called whenever that has changed;
   * calls back nobody before it has returned.
   */
  use(running: number, waiting: number): void;
  /** Gives back every slot. Nothing runs here any more. */
  close(): void;
}

/** Makes the slots of a key that all instances share. */
export type ShareSlots = (key: string, changed: () => void) => SharedSlots;
