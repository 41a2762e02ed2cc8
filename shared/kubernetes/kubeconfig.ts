/** The cluster of the user's kubeconfig. The only file that knows the Kubernetes client. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import type { KubeConfig } from '@kubernetes/client-node';
import { ConfigError } from '../errors.ts';
import { systemMessage } from '../system-message.ts';
import { type ClusterApi, type Credentials, openApi } from './api.ts';
import type { KubernetesObject } from './objects.ts';

/** A local address that leads to a port in the cluster. */
export interface Tunnel extends AsyncDisposable {
  readonly url: string;
}

export interface UserCluster {
  readonly api: ClusterApi;
  /** Name of the context in the kubeconfig. */
  readonly context: string;
  /** The namespace that the context names, if any. */
  readonly namespace: string | undefined;
  /**
   * Listens on this machine and forwards to a ready pod of the Service, found anew for each connection.
   */
  forward(namespace: string, service: string, port: number): Promise<Tunnel>;
  /** True if the command, run in the first container of the pod, ends with 0. */
  succeeds(namespace: string, pod: string, command: readonly string[]): Promise<boolean>;
  /** One object, as kubectl reads it from a file. */
  parseYaml(text: string): KubernetesObject;
}

export interface ClusterChoice {
  /** Of the kubeconfig; undefined: its current one. */
  readonly context?: string | undefined;
}

const HINT = 'Does `kubectl cluster-info` work? Set KUBECONFIG or --context.';

/**
 * Reads KUBECONFIG or ~/.kube/config, as kubectl does, credential plugins included. Loads the client only now: it takes a second.
 * @throws ConfigError if there is no kubeconfig, or not this context
 */
export async function openUserCluster({ context }: ClusterChoice = {}): Promise<UserCluster> {
  const { Exec, loadYaml, PortForward } = await import('@kubernetes/client-node');
  const config = await loadKubeconfig();
  chooseContext(config, context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new ConfigError('there is no cluster in the kubeconfig', { hint: HINT });
  const forwarder = new PortForward(config);
  const executor = new Exec(config);
  const api = openApi(server, async () => {
    const options: Credentials = {};
    await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
      const reason = `the credentials of context ${config.getCurrentContext()} cannot be had: ${systemMessage(cause)}`;
      throw new ConfigError(reason, { hint: HINT, cause });
    });
    return options;
  });
  return {
    api,
    context: config.getCurrentContext(),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    forward: (namespace, service, port) =>
      listen(async (socket) => {
        const remote = await forwarder.portForwardService(namespace, service, [port], socket, null, socket);
        const close = () => (typeof remote === 'function' ? remote()?.close() : remote.close());
        // It ends neither side when the other one does.
        if (socket.destroyed) close();
        else socket.once('close', close);
      }),
    succeeds: (namespace, pod, command) =>
      new Promise((resolve) => {
        const done = ({ status }: { status?: string }) => resolve(status === 'Success');
        // One stream at least has to be asked for.
        const output = new Writable({ write: (_chunk, _encoding, next) => next() });
        executor.exec(namespace, pod, '', [...command], output, null, null, false, done).catch(() => resolve(false));
      }),
    parseYaml: (text) => loadYaml<KubernetesObject>(text),
  };
}

/** Names of all contexts of the kubeconfig. */
export async function listContexts(): Promise<string[]> {
  return (await loadKubeconfig()).getContexts().map(({ name }) => name);
}

async function loadKubeconfig(): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (cause) {
    throw new ConfigError(`the kubeconfig cannot be read: ${cause instanceof Error ? cause.message : cause}`, { hint: HINT, cause });
  }
  // Where there is none, the client makes one up.
  if (config.getCurrentContext() === 'loaded-context') throw new ConfigError('there is no kubeconfig', { hint: HINT });
  return config;
}

function chooseContext(config: KubeConfig, context: string | undefined): void {
  if (context === undefined) return;
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new ConfigError(`the kubeconfig has no context \`${context}\``, { hint: `It has ${names.join(', ') || 'none'}.` });
  }
  config.setCurrentContext(context);
}

async function listen(connect: (socket: Socket) => Promise<void>): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    // The client of this connection sees it cut, and tries again or says so.
    connect(socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
