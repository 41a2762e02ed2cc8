/** A rabbitmq-server of our own: private node name, ports, epmd, folders and HOME; ended by process id. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import amqplib from 'amqplib';
import type { Broker } from './broker.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { ELECT_LEADERS } from './elect-leaders.ts';
import { freePorts } from './free-ports.ts';
import { guard } from './guard.ts';

const START_MS = 90_000;
const STOP_MS = 20_000;

interface Setup {
  readonly server: string;
  readonly folder: string;
  readonly ports: { readonly amqp: number; readonly tls: number; readonly distribution: number; readonly epmd: number };
}

/** Starts the program `server`. @throws Error with the end of its log if it does not come up */
export async function startPrivateBroker(server: string, tls: boolean): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'higgsflow-broker-'));
  const [amqp, tlsPort, distribution, epmd] = (await freePorts(4)) as [number, number, number, number];
  const setup: Setup = { server, folder, ports: { amqp, tls: tlsPort, distribution, epmd } };
  const certificates = await writeConfig(setup, tls);
  const nameServer = spawn('epmd', ['-port', `${epmd}`, '-address', '127.0.0.1'], { stdio: 'ignore' });
  let processes = guarded([nameServer]);
  let wasKilled = false;
  const port = setup.ports.amqp;
  const broker: Broker = {
    kind: 'private',
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    port,
    tls: certificates && { port: setup.ports.tls, certificates },
    canStop: true,
    stop: async () => processes.end('SIGTERM'),
    kill: async () => {
      wasKilled = true;
      await processes.end('SIGKILL');
    },
    start: async () => {
      const node = spawnNode(setup);
      processes.release();
      processes = guarded([nameServer, node]);
      await comesUp(setup, node);
      if (wasKilled) await electLeaders(setup);
      wasKilled = false;
    },
    close: async () => {
      await processes.end('SIGKILL');
      nameServer.kill('SIGKILL');
      if (nameServer.exitCode === null && nameServer.signalCode === null) await once(nameServer, 'exit');
      processes.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await broker.start();
    return broker;
  } catch (error) {
    await broker.close();
    throw error;
  }
}

async function writeConfig({ folder, ports }: Setup, tls: boolean): Promise<Certificates | undefined> {
  for (const name of ['data', 'log', 'home', 'pem']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'plugins'), '[].\n');
  const certificates = tls ? await makeCertificates(join(folder, 'pem')) : undefined;
  const lines = ['disk_free_limit.absolute = 50MB'];
  if (certificates !== undefined) {
    const { ca, server } = certificates;
    lines.push(`listeners.ssl.1 = 127.0.0.1:${ports.tls}`, `ssl_options.cacertfile = ${ca.certFile}`);
    lines.push(`ssl_options.certfile = ${server.certFile}`, `ssl_options.keyfile = ${server.keyFile}`);
    lines.push('ssl_options.verify = verify_peer', 'ssl_options.fail_if_no_peer_cert = true');
  }
  await writeFile(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`);
  return certificates;
}

function spawnNode(setup: Setup): ChildProcess {
  return spawn(setup.server, [], { env: environment(setup), cwd: setup.folder, stdio: 'ignore' });
}

async function electLeaders(setup: Setup): Promise<void> {
  const ctl = join(dirname(setup.server), 'rabbitmqctl');
  await promisify(execFile)(ctl, ['eval', ELECT_LEADERS], { env: environment(setup), cwd: setup.folder });
}

function environment({ folder, ports }: Setup): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: join(folder, 'home'),
    ERL_EPMD_PORT: `${ports.epmd}`,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `higgsflow-${ports.amqp}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: `${ports.amqp}`,
    RABBITMQ_DIST_PORT: `${ports.distribution}`,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    // The script becomes the node itself, so that its process id is ours; the node needs no terminal.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput -kernel inet_dist_use_interface {127,0,0,1}',
  };
}

async function comesUp({ ports, folder }: Setup, node: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    try {
      const model = await amqplib.connect(`amqp://guest:guest@127.0.0.1:${ports.amqp}`, { timeout: 5000 });
      return await model.close();
    } catch (cause) {
      const ended = node.exitCode !== null || node.signalCode !== null;
      if (!ended && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        continue;
      }
      const log = await readFile(join(folder, 'log', `higgsflow-${ports.amqp}@localhost.log`), 'utf8').catch(() => '');
      throw new Error(`the broker did not start: ${log.slice(-2000)}`, { cause });
    }
  }
}

interface Processes {
  /** Ends the last one with this signal, and with SIGKILL where that takes too long. */
  end(signal: NodeJS.Signals): Promise<void>;
  release(): void;
}

/** Processes that do not outlive this one. */
function guarded(processes: readonly ChildProcess[]): Processes {
  const { release } = guard(`kill -9 ${processes.map(({ pid }) => pid).join(' ')}`);
  const last = processes.at(-1);
  return {
    end: async (signal) => {
      if (last === undefined || last.exitCode !== null || last.signalCode !== null) return;
      const exit = once(last, 'exit');
      last.kill(signal);
      const timer = setTimeout(() => last.kill('SIGKILL'), STOP_MS);
      await exit;
      clearTimeout(timer);
    },
    release,
  };
}
