import Bottleneck from 'bottleneck';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisCoordinatorConfig } from './options.ts';
import { PRESENCE, PUBLISH, REVIEW } from './scripts.ts';

/** A command that takes longer is given up; what it has done by then is found out later. */
const COMMAND_TIMEOUT_MS = 1_000;

const COMMON: RedisOptions = {
  retryStrategy: (times) => Math.min(times * 50, 250),
  lazyConnect: false,
  keyPrefix: '',
};

/** What is asked now is of no use later: no queues, no repetitions. */
const FOR_COMMANDS: RedisOptions = {
  ...COMMON,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
};

/** Subscriptions are made good when the connection is back. */
const FOR_SUBSCRIPTIONS: RedisOptions = {
  ...COMMON,
  enableOfflineQueue: true,
  autoResubscribe: true,
  maxRetriesPerRequest: null,
};

/** The commands that this package adds to ioredis's. */
interface Scripts {
  spillwayReview(...keysAndArguments: (string | number)[]): Promise<(string | number)[] | null>;
  spillwayPublish(...keysAndArguments: (string | number)[]): Promise<number>;
  spillwayPresence(...keysAndArguments: (string | number)[]): Promise<number>;
}

/** Two connections, shared by everything: one for commands, one for what is published. */
export class Connections {
  readonly commands: Redis & Scripts;
  readonly subscriber: Redis;
  /** As Bottleneck wants them. */
  readonly bottleneck: Bottleneck.IORedisConnection;

  constructor({ url, client }: RedisCoordinatorConfig) {
    const connect = (options: Omit<RedisOptions, 'replyMapping'>) =>
      client === undefined ? new Redis(url as string, options) : client.duplicate(options);
    const commands = connect(FOR_COMMANDS);
    commands.defineCommand('spillwayReview', { lua: REVIEW, numberOfKeys: 7 });
    commands.defineCommand('spillwayPresence', { lua: PRESENCE, numberOfKeys: 1 });
    commands.defineCommand('spillwayPublish', { lua: PUBLISH, numberOfKeys: 1 });
    this.commands = commands as Redis & Scripts;
    this.subscriber = connect(FOR_SUBSCRIPTIONS);
    // Bottleneck makes its second connection by this, with the options of the first, which it must
    // not have: it leaves the promises of some commands unheeded.
    commands.duplicate = () => this.subscriber;
    this.bottleneck = new Bottleneck.IORedisConnection({ client: commands });
    // Without listeners ioredis writes to the console. What fails is seen where it is awaited.
    commands.on('error', () => {});
    this.subscriber.on('error', () => {});
  }

  get isReady(): boolean {
    return this.commands.status === 'ready';
  }

  /** Bottleneck is to hear no more of a channel of its own, nor to keep who has listened there. */
  forget(channel: string): void {
    delete (this.bottleneck as unknown as { limiters: Record<string, unknown> }).limiters[channel];
    this.subscriber.unsubscribe(channel).catch(() => {});
  }

  /** Sends what is on its way, if that is possible, and closes both. */
  async close(): Promise<void> {
    if (this.isReady) await this.commands.ping().catch(() => {});
    await this.bottleneck.disconnect(false);
  }
}
