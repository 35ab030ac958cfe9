/** The part of autocannon 9 that is used here; it has no types of its own. */
declare module 'autocannon' {
  interface Options {
    url: string;
    connections: number;
    /** Seconds; fractions too. */
    duration: number;
    /** Milliseconds between samples; a run ends at the first one after its duration. */
    sampleInt: number;
    requests: { method: string; headers: Record<string, string>; body?: string }[];
  }
  interface Histogram {
    p50: number;
    p99: number;
    total: number;
  }
  interface Result {
    requests: Histogram;
    /** Whole milliseconds. */
    latency: Histogram;
    duration: number;
    errors: number;
    non2xx: number;
  }
  export default function autocannon(options: Options): Promise<Result>;
}
