/** Publishes the tasks of a run: through the broker, or through the collector where there is none within reach. */
import { type ProducerOptions, startProducer } from '#services/producer/producer.ts';
import type { CollectorClient } from '#shared/client/collector-client.ts';
import type { AmqpOptions } from '#shared/queue/amqp/options.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { TaskList } from '#shared/queue/task-list.ts';

/** How the broker is reached. */
export type BrokerOptions = Pick<AmqpOptions, 'url' | 'user' | 'password' | 'tls' | 'prefix' | 'pool'>;

export interface PublishOptions extends Pick<ProducerOptions, 'spec' | 'describe' | 'onOpen' | 'signal'> {
  readonly client: CollectorClient;
  readonly broker: BrokerOptions | undefined;
}

/** Resolves when all tasks are frozen and published. */
export async function publishRun({ client, broker, ...options }: PublishOptions): Promise<void> {
  const { queue, taskList, close } = broker === undefined ? throughCollector(client) : await throughBroker(client, broker, options.signal);
  try {
    await startProducer({ ...options, queue, taskList });
  } finally {
    await close();
  }
}

interface Way {
  readonly queue: Pick<Queue, 'tasks'>;
  readonly taskList: TaskList;
  close(): Promise<void>;
}

async function throughBroker(taskList: TaskList, broker: BrokerOptions, signal: AbortSignal): Promise<Way> {
  const { openAmqpQueue } = await import('#shared/queue/amqp.ts');
  const queue = await openAmqpQueue({ ...broker, patienceMs: 60_000, signal, log: { info: () => {}, warn: () => {} } });
  return { queue, taskList, close: () => queue.close() };
}

/** The frozen list is handed to the collector to be published. */
function throughCollector(client: CollectorClient): Way {
  const taskList: TaskList = {
    open: (spec) => client.open(spec),
    add: (run, files) => client.add(run, files),
    freeze: (run) => client.freeze(run),
    pending: async (run) => {
      await client.issue(run);
      return [];
    },
  };
  const tasks = { publish: async () => {}, consume: async () => {}, depth: async () => 0 };
  return { queue: { tasks }, taskList, close: async () => {} };
}
