import { FakeClock } from '@spillway/test/support/fake-clock.ts';
import { seededRandom } from '@spillway/test/support/seeded-random.ts';
import { type Decision, HorizontalPodAutoscaler, SYNC_SECONDS } from './autoscaler.ts';
import type { Scenario } from './scenario.ts';
import { type Ending, SimulatedPod } from './simulated-pod.ts';

/** The state at the end of a second, and what has come and gone within it. */
export interface Second {
  /** Requests a second that are sent, on average. */
  readonly rate: number;
  readonly sent: number;
  readonly pods: number;
  readonly ready: number;
  readonly running: number;
  readonly waiting: number;
  /** Of the pods that are not on their way out, as they are and not as they were scraped. */
  readonly meanQueueRatio: number;
  readonly maxQueueRatio: number;
  /** There was no ready pod: the connection was refused. */
  readonly unreachable: number;
  readonly ended: Readonly<Partial<Record<Ending, number>>>;
}

export interface Scaling extends Decision {
  readonly atSeconds: number;
  readonly from: number;
}

export interface Recording {
  readonly seconds: readonly Second[];
  /** The autoscaler's decisions that changed the number of pods. */
  readonly scalings: readonly Scaling[];
  /** All of them. */
  readonly decisions: readonly Scaling[];
  /** Requests that have not ended; there should be none. */
  readonly unfinished: number;
}

/** Minutes of a cluster's life, in a moment: nothing in it waits for anything but the fake clock. */
export async function simulate(scenario: Scenario): Promise<Recording> {
  const clock = new FakeClock(0);
  const random = seededRandom(scenario.seed);
  const autoscaler = new HorizontalPodAutoscaler(scenario.autoscaling);
  const pods: SimulatedPod[] = [];
  const leaving = new Set<SimulatedPod>();
  const seconds: Second[] = [];
  const decisions: Scaling[] = [];
  let unfinished = 0;
  let sent = 0;
  let unreachable = 0;
  let ended: Partial<Record<Ending, number>> = {};

  function create(): SimulatedPod {
    const pod = new SimulatedPod(scenario, clock);
    pods.push(pod);
    clock.setTimer(() => pod.started(), scenario.podStartSeconds * 1_000);
    return pod;
  }

  /** As a ReplicaSet does: those that are not ready go first, then the youngest. */
  function removeOne(): void {
    const pod = pods.findLast(({ ready }) => !ready) ?? pods.at(-1);
    if (pod === undefined) return;
    pods.splice(pods.indexOf(pod), 1);
    pod.terminate();
    leaving.add(pod);
  }

  function scaleTo(replicas: number): void {
    while (pods.length < replicas) create();
    while (pods.length > replicas) removeOne();
  }

  const rateAt = (second: number) => {
    const sinceBurst = second - scenario.burstFromSeconds;
    const inBurst = sinceBurst >= 0 && sinceBurst < scenario.burstSeconds;
    return inBurst ? scenario.burstRate : scenario.calmRate;
  };

  /** A Service: any of the ready pods, by chance. */
  function arrive(): void {
    sent++;
    const ready = pods.filter((pod) => pod.ready);
    const pod = ready[Math.floor(random() * ready.length)];
    if (pod === undefined) {
      unreachable++;
      return;
    }
    unfinished++;
    pod.send(scenario.gate.reportMs * (0.5 + random()), (ending) => {
      unfinished--;
      ended[ending] = (ended[ending] ?? 0) + 1;
    });
  }

  /** Requests come independently of each other, and whether they are served or not. */
  function sendNext(): void {
    const rate = rateAt(clock.now() / 1_000);
    clock.setTimer(
      () => {
        if (clock.now() / 1_000 >= scenario.totalSeconds) return;
        arrive();
        sendNext();
      },
      (-Math.log(1 - random()) / rate) * 1_000,
    );
  }

  const each = async (task: (pod: SimulatedPod) => Promise<void>) => {
    for (const pod of pods) await task(pod);
  };
  const record = (second: number) => {
    const ratios = pods.map(({ waiting }) => waiting / scenario.gate.maxCount);
    const all = [...pods, ...leaving];
    seconds.push({
      rate: rateAt(second),
      sent,
      pods: pods.length,
      ready: pods.filter(({ ready }) => ready).length,
      running: all.reduce((sum, { running }) => sum + running, 0),
      waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
      meanQueueRatio: ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
      maxQueueRatio: Math.max(...ratios),
      unreachable,
      ended,
    });
    sent = 0;
    unreachable = 0;
    ended = {};
  };

  // It begins with pods that are there already.
  scaleTo(scenario.autoscaling.minReplicas);
  for (const pod of pods) pod.started();
  await each((pod) => pod.probe());
  sendNext();
  for (let second = 0; second < scenario.totalSeconds || unfinished > 0; second++) {
    clock.advance(1_000);
    const passed = second + 1;
    if (passed % scenario.scrapeSeconds === 0) await each((pod) => pod.scrape());
    if (passed % scenario.probeSeconds === 0) await each((pod) => pod.probe());
    if (passed % SYNC_SECONDS === 0) {
      const from = pods.length;
      const observed = [...pods, ...leaving].map((pod) => pod.observed);
      const decision = autoscaler.sync(clock.now(), from, observed);
      decisions.push({ atSeconds: passed, from, ...decision });
      scaleTo(decision.replicas);
    }
    for (const pod of leaving) {
      if (!pod.isDone) continue;
      leaving.delete(pod);
      await pod.dispose();
    }
    record(second);
  }
  for (const pod of [...pods, ...leaving]) await pod.dispose();
  const scalings = decisions.filter(({ from, replicas }) => from !== replicas);
  return { seconds, scalings, decisions, unfinished };
}
