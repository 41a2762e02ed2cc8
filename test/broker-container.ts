/** RabbitMQ in a container, where a docker daemon answers and the image is on this machine already: tests download nothing. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import amqplib from 'amqplib';
import { type ContainerRuntimeClient, GenericContainer, getContainerRuntimeClient, ImageName, Wait } from 'testcontainers';
import type { Broker } from './broker.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { ELECT_LEADERS } from './elect-leaders.ts';
import { freePorts } from './free-ports.ts';
import { guard } from './guard.ts';

/** The first one that is there is used; RABBITMQ_IMAGE comes before all. */
const IMAGES = ['rabbitmq:4', 'rabbitmq:4-alpine', 'rabbitmq:4-management', 'rabbitmq:3.13', 'rabbitmq:3', 'rabbitmq:latest'];
const START_MS = 90_000;
const PEM = '/etc/higgsflow';

export async function startContainerBroker(tls: boolean): Promise<Broker | undefined> {
  const client = await getContainerRuntimeClient().catch(() => undefined);
  const image = client && (await findImage(client));
  if (client === undefined || image === undefined) return undefined;
  // The library's own guard is an image that would have to be downloaded.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const folder = mkdtempSync(join(tmpdir(), 'higgsflow-broker-'));
  const certificates = tls ? await makeCertificates(folder) : undefined;
  // Fixed: a port that docker chooses changes with a restart.
  const [port, tlsPort] = (await freePorts(2)) as [number, number];
  const password = randomBytes(12).toString('hex');
  const started = await new GenericContainer(image)
    .withHostname('higgsflow-test')
    .withEnvironment({ RABBITMQ_DEFAULT_USER: 'higgsflow', RABBITMQ_DEFAULT_PASS: password })
    .withExposedPorts({ container: 5672, host: port }, ...(tls ? [{ container: 5671, host: tlsPort }] : []))
    .withCopyFilesToContainer(certificates === undefined ? [] : tlsFiles(certificates))
    .withCopyContentToContainer([{ content: config(tls), target: '/etc/rabbitmq/conf.d/90-higgsflow.conf' }])
    .withWaitStrategy(Wait.forLogMessage(/Server startup complete|Starting broker.*completed/i))
    .withStartupTimeout(START_MS)
    .start();
  const { release } = guard(`docker rm --force ${started.getId()}`);
  const container = client.container.getById(started.getId());
  let wasKilled = false;
  const url = `amqp://higgsflow:${password}@127.0.0.1:${port}`;
  return {
    kind: 'container',
    url,
    port,
    tls: certificates && { port: tlsPort, certificates },
    canStop: true,
    stop: async () => void (await container.stop()),
    kill: async () => {
      wasKilled = true;
      await container.kill();
    },
    start: async () => {
      await container.start();
      await answers(url);
      if (wasKilled) await started.exec(['rabbitmqctl', 'eval', ELECT_LEADERS]);
      wasKilled = false;
    },
    close: async () => {
      await started.stop({ timeout: 0, remove: true });
      release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function findImage(client: ContainerRuntimeClient): Promise<string | undefined> {
  const named = process.env['RABBITMQ_IMAGE'];
  for (const image of named === undefined ? IMAGES : [named]) {
    if (await client.image.exists(ImageName.fromString(image)).catch(() => false)) return image;
  }
  return undefined;
}

function tlsFiles({ ca, server }: Certificates): { source: string; target: string; mode: number }[] {
  const files: [string, string][] = [
    [ca.certFile, 'ca.pem'],
    [server.certFile, 'server.pem'],
    [server.keyFile, 'server.key'],
  ];
  return files.map(([source, name]) => ({ source, target: `${PEM}/${name}`, mode: 0o644 }));
}

function config(tls: boolean): string {
  const pem = [
    `ssl_options.cacertfile = ${PEM}/ca.pem`,
    `ssl_options.certfile = ${PEM}/server.pem`,
    `ssl_options.keyfile = ${PEM}/server.key`,
  ];
  const verify = ['ssl_options.verify = verify_peer', 'ssl_options.fail_if_no_peer_cert = true'];
  return `${['disk_free_limit.absolute = 50MB', ...(tls ? ['listeners.ssl.default = 5671', ...pem, ...verify] : [])].join('\n')}\n`;
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      const model = await amqplib.connect(url, { timeout: 5000 });
      return await model.close();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(200);
    }
  }
}
