/** The services as real processes around a broker: started, killed and asked by tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CollectorClient } from '#shared/client/collector-client.ts';
import { freePorts } from './free-ports.ts';

export type ServiceName = 'producer' | 'worker' | 'collector' | 'web';

/** What Node is told where the services are deployed (k8s/base, compose.yaml). */
export const NODE_OPTIONS: Readonly<Record<ServiceName, readonly string[]>> = {
  producer: [],
  worker: [],
  collector: ['--max-old-space-size=256', '--min-semi-space-size=16'],
  web: [],
};

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One process of a service. */
export class ServiceProcess {
  readonly child: ChildProcess;
  /** Lines of its log, parsed. */
  readonly log: Record<string, unknown>[] = [];
  readonly ended: Promise<number | null>;
  stderr = '';
  #text = '';

  constructor(words: readonly string[], env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, words, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (part: string) => this.#take(part));
    this.child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      this.stderr += part;
    });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  /** The first line of this event, as soon as there is one. @throws Error if the process ends first */
  async event(name: string, timeoutMs = 60_000): Promise<Record<string, unknown>> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = this.log.find(({ event }) => event === name);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null || performance.now() > deadline) {
        throw new Error(`no ${name} in the log: ${JSON.stringify(this.log.slice(-10))} ${this.stderr}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Sends the signal and awaits the end. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  #take(part: string): void {
    this.#text += part;
    const lines = this.#text.split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) {
      try {
        this.log.push(JSON.parse(line) as Record<string, unknown>);
      } catch {
        this.log.push({ text: line });
      }
      // Long runs are of no interest line by line.
      if (this.log.length > 20_000) this.log.splice(0, 10_000);
    }
  }
}

/** An installation: one collector, any number of the others, in a folder of its own and with names of its own in the broker. */
export class Services {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly collectorUrl: string;
  readonly client: CollectorClient;
  readonly #processes = new Set<ServiceProcess>();
  readonly #collectorPort: number;

  constructor(folder: string, amqpUrl: string, collectorPort: number) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.#collectorPort = collectorPort;
    this.collectorUrl = `http://127.0.0.1:${collectorPort}`;
    this.client = new CollectorClient({ url: this.collectorUrl });
    this.env = {
      AMQP_URL: amqpUrl,
      QUEUE_PREFIX: `test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      COLLECTOR_URL: this.collectorUrl,
      HIGGSFLOW_COLLECTOR: this.collectorUrl,
      LEDGER_FILE: join(folder, 'ledger.sqlite'),
      ANALYSIS_DIR: join(folder, 'analyses'),
      OUT_DIR: join(folder, 'out'),
      // Starts are quicker and smaller with it; containers have one as well.
      NODE_COMPILE_CACHE: join(tmpdir(), 'higgsflow-test-compile-cache'),
      THREADS: '1',
      MEMORY_MB: '256',
      GRACE_SECONDS: '10',
      SILENCE_SECONDS: '4',
    };
  }

  static async open(folder: string, amqpUrl: string): Promise<Services> {
    const [port = 0] = await freePorts(1);
    return new Services(folder, amqpUrl, port);
  }

  /** Starts a service; resolves at once. */
  start(name: ServiceName, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []): ServiceProcess {
    const port = name === 'collector' ? { HTTP_PORT: `${this.#collectorPort}` } : {};
    return this.#spawn([...NODE_OPTIONS[name], join(ROOT, `services/${name}/main.ts`), ...args], { ...port, ...env });
  }

  /** The command line, as a process. */
  higgsflow(args: readonly string[], env: Readonly<Record<string, string>> = {}): ServiceProcess {
    return this.run('cli/main.ts', args, env);
  }

  /** Ends all that is left. */
  async close(): Promise<void> {
    await Promise.all([...this.#processes].map((each) => each.end()));
  }

  /** Any program of the repository, with the same environment. */
  run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ServiceProcess {
    return this.#spawn([join(ROOT, program), ...args], env);
  }

  #spawn(words: readonly string[], env: Readonly<Record<string, string>>): ServiceProcess {
    const started = new ServiceProcess(words, { ...this.env, ...env });
    this.#processes.add(started);
    void started.ended.then(() => this.#processes.delete(started));
    return started;
  }
}
