/**
 * A real broker for tests: the one that AMQP_URL names, else a container (where docker and the image are there), else a
 * private rabbitmq-server on loopback. Without any, `startBroker` gives undefined and says why: the suite is skipped, or
 * fails where REQUIRE_BROKER=1. Takes some ten seconds: one for each test file, as
 *
 *     const broker = await startBroker();
 *     describe.skipIf(!broker)('...', () => { ... });
 *     afterAll(() => broker?.close());
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { startContainerBroker } from './broker-container.ts';
import { startPrivateBroker } from './broker-private.ts';
import type { Certificates } from './certificates.ts';

export interface Broker {
  /** What it is, for the log. */
  readonly kind: 'given' | 'container' | 'private';
  /** amqp://user:password@host:port */
  readonly url: string;
  readonly port: number;
  /** Only where asked for: a listener that wants client certificates. Undefined on a given broker. */
  readonly tls: { readonly port: number; readonly certificates: Certificates } | undefined;
  /** False for a given broker: `stop`, `kill` and `start` reject. */
  readonly canStop: boolean;
  /** Orderly end; the data stay. */
  stop(): Promise<void>;
  /** SIGKILL; the data stay. */
  kill(): Promise<void>;
  /** Resolves when it takes connections again. */
  start(): Promise<void>;
  /** Ends it for good and removes its data. */
  close(): Promise<void>;
}

export interface BrokerOptions {
  /** Adds a listener with TLS and client certificates. */
  readonly tls?: boolean;
}

export async function startBroker({ tls = false }: BrokerOptions = {}): Promise<Broker | undefined> {
  const given = process.env['AMQP_URL'];
  if (given !== undefined && given !== '') return givenBroker(given);
  const container = await startContainerBroker(tls);
  if (container !== undefined) return container;
  const server = findServer();
  if (server !== undefined) return startPrivateBroker(server, tls);
  const reason = 'no broker: AMQP_URL is not set, docker has no rabbitmq image, rabbitmq-server is not in PATH';
  if (process.env['REQUIRE_BROKER'] === '1') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return undefined;
}

function givenBroker(url: string): Broker {
  const refuse = async () => {
    throw new Error('the broker of AMQP_URL is not stopped by tests');
  };
  const port = Number(new URL(url).port) || 5672;
  return { kind: 'given', url, port, tls: undefined, canStop: false, stop: refuse, kill: refuse, start: refuse, close: async () => {} };
}

/** Debian's own script in PATH changes the user; the one beside it does not. */
function findServer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'];
  const found = folders.map((folder) => join(folder, 'rabbitmq-server')).find((file) => existsSync(file));
  if (found === undefined) return undefined;
  const real = realpathSync(found);
  return basename(real) === 'rabbitmq-script-wrapper' ? join(dirname(real), 'rabbitmq-server') : real;
}
