import { afterAll } from 'vitest';
import { startBroker } from '../../test/broker.ts';
import { openAmqpQueue } from './amqp.ts';
import { describeQueue } from './conformance.ts';

const t0 = Date.now();
const broker = await startBroker();
console.log('started', Date.now() - t0);
afterAll(() => broker?.close());
let prefix = 0;
if (broker)
  describeQueue('amqp', () => openAmqpQueue({ url: broker.url, pool: 'p', prefix: `t${prefix++}`, patienceMs: 5000, log: console }));
