/**
 * Loaded into each instance before its own module: tells how much processor time it has used, where
 * the system does not, and ends it when its parent is gone, and not before. It neither keeps the
 * instance alive nor gets in the way of messages of its own.
 */
import { isMainThread } from 'node:worker_threads';
import { isUsageQuestion, type UsageAnswer } from './usage.ts';

const { searchParams } = new URL(import.meta.url);
const isInstance = isMainThread && Number(searchParams.get('parent')) === process.ppid;

// Workers and children of an instance inherit the flag that loads this.
if (isInstance && process.send !== undefined) {
  process.on('message', (message) => {
    if (!isUsageQuestion(message)) return;
    const { user, system } = process.cpuUsage();
    const answer: UsageAnswer = {
      spillway: 'usage',
      processorMs: (user + system) / 1_000,
      atMs: performance.now(),
    };
    // The parent may be gone by now.
    if (process.connected) process.send?.(answer, undefined, {}, () => {});
  });
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    const stopTimeoutMs = Number(searchParams.get('stopTimeoutMs'));
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), stopTimeoutMs).unref();
  });
  // A Ctrl-C reaches the whole group of processes: when instances end is for their parent to say.
  process.on('SIGINT', () => {});
  process.channel?.unref();
}
