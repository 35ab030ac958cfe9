/** The part of overload-protection 1 that is used here; it has no types of its own. */
declare module 'overload-protection' {
  import type { RequestHandler } from 'express';

  interface Options {
    /** Milliseconds; 0 is off, as it is of the bytes. */
    maxEventLoopDelay: number;
    maxHeapUsedBytes: number;
    maxRssBytes: number;
  }
  export default function overloadProtection(
    framework: 'express',
    options: Options,
  ): RequestHandler;
}
