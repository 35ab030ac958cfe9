import { Passage, type ProblemError, type RoutePolicy } from '@spillway/core';
import { Engine, type Probe } from '@spillway/node-http';
import type { FakeClock } from '@spillway/test/support/fake-clock.ts';
import type { ObservedPod } from './autoscaler.ts';
import type { Scenario } from './scenario.ts';

/** How a request ended: with its report, or with the code of a refusal. */
export type Ending = 'served' | ProblemError['code'];

/** A request without a socket, at a real gate. */
class SimulatedRequest extends Passage {
  readonly #workMs: number;
  readonly #ended: (ending: Ending) => void;

  constructor(policy: RoutePolicy, workMs: number, ended: (ending: Ending) => void) {
    super(policy);
    this.#workMs = workMs;
    this.#ended = ended;
  }

  protected override run(): void {
    this.policy.clock.setTimer(() => {
      this.#ended('served');
      this.completed(200);
    }, this.#workMs);
  }

  protected override refuse({ code }: ProblemError): void {
    this.#ended(code);
  }

  // Its caller is patient, and the policy has no limit of time for its work.
  protected override get isMoot(): boolean {
    return false;
  }
  protected override get isAnswered(): boolean {
    return false;
  }
  protected override cutShort(): void {}
  protected override dropped(): void {}
  protected override left(): void {}
}

/** A pod with Spillway's own gate, readiness probe and metric; what surrounds them is simulated. */
export class SimulatedPod {
  readonly #engine: Engine;
  readonly #route: RoutePolicy;
  readonly #readiness: Probe;
  #phase: ObservedPod['phase'] = 'pending';
  #ready = false;
  #scraped: ObservedPod['metrics'] = {};

  constructor({ gate, maxQueueRatio }: Scenario, clock: FakeClock) {
    this.#engine = new Engine({ clock });
    const { maxCount, maxQueueLength } = gate;
    const options = { name: 'reports', maxCount, maxQueueLength };
    this.#route = this.#engine.route('limitConcurrency', options);
    this.#readiness = this.#engine.readiness({ maxQueueRatio });
  }

  /** As the autoscaler sees it: the metrics are those of the last scrape. */
  get observed(): ObservedPod {
    return { phase: this.#phase, metrics: this.#scraped };
  }

  get ready(): boolean {
    return this.#phase === 'running' && this.#ready;
  }

  get running(): number {
    return this.#route.gate?.running ?? 0;
  }

  get waiting(): number {
    return this.#route.gate?.waiting ?? 0;
  }

  /** Its process listens. */
  started(): void {
    if (this.#phase === 'pending') this.#phase = 'running';
  }

  /** The kubelet asks. */
  async probe(): Promise<void> {
    const { status } = await this.#readiness();
    this.#ready = status === 200;
  }

  /** Prometheus asks, ready or not. */
  async scrape(): Promise<void> {
    if (this.#phase !== 'running') return;
    const text = await this.#engine.registry.metrics();
    const values = text.matchAll(/^spillway_(queue_ratio|gate_running){gate="reports"} (\S+)$/gm);
    this.#scraped = Object.fromEntries(
      Array.from(values, ([, name, value]) => [name, Number(value)]),
    );
  }

  send(workMs: number, ended: (ending: Ending) => void): void {
    new SimulatedRequest(this.#route, workMs, ended).begin({ headers: {} });
  }

  /** It leaves the endpoints, and finishes what it has. */
  terminate(): void {
    this.#phase = 'terminating';
  }

  get isDone(): boolean {
    return this.#phase === 'terminating' && this.running + this.waiting === 0;
  }

  /** Ends its timers. */
  async dispose(): Promise<void> {
    await this.#engine.shutdown({ timeoutMs: 0 });
  }
}
