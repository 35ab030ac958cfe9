import type { Clock, RegistrableFamily } from '@spillway/core';

/** The processor use of this process. */
export interface ProcessorStatus {
  /** Processor time over time that has passed, on all threads: 1 is one core, busy all the time. */
  readonly useRatio: number;
  /** The time that this is of, in milliseconds: the last minute or so, as far as it was looked at. */
  readonly overMs: number;
}

interface Reading {
  readonly at: number;
  readonly processorMs: number;
}

const MINUTE_MS = 60_000;
/** Readings that are closer to one another than this are taken for one. */
const APART_MS = 5_000;

/**
 * What this process uses of the processor. It is read when somebody looks, at the status or by a
 * scrape, and there is no timer: each look is a point to measure from at a later one.
 */
export class Processor {
  readonly #readings: Reading[] = [];

  constructor(now: number) {
    this.#readings.push(readingAt(now));
  }

  status(now: number): ProcessorStatus {
    const reading = this.#read(now);
    const first = this.#readings[0] as Reading;
    const overMs = reading.at - first.at;
    return {
      useRatio: overMs > 0 ? (reading.processorMs - first.processorMs) / overMs : 0,
      overMs,
    };
  }

  family(clock: Clock): RegistrableFamily {
    return {
      name: 'spillway_processor_seconds_total',
      help: 'Processor time that this process has used, on all its threads.',
      type: 'counter',
      labelNames: [],
      collect: () => [{ labels: {}, value: this.#read(clock.now()).processorMs / 1_000 }],
    };
  }

  #read(now: number): Reading {
    const readings = this.#readings;
    const reading = readingAt(now);
    // The first is kept until another one is a minute old: a minute is measured, or more.
    while ((readings[1]?.at ?? now) <= now - MINUTE_MS) readings.shift();
    if (now - (readings.at(-1) as Reading).at >= APART_MS) readings.push(reading);
    return reading;
  }
}

function readingAt(at: number): Reading {
  const { user, system } = process.cpuUsage();
  return { at, processorMs: (user + system) / 1_000 };
}
