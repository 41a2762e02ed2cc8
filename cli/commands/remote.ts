/** What the commands for runs on services have in common. */
import type { Command } from 'commander';
import type { Higgsflow } from '../api.ts';
import type { BrokerOptions } from '../remote/publish-run.ts';

/** Every such command has these. */
export interface RemoteFlags {
  readonly collector?: string;
  readonly namespace?: string;
  readonly context?: string;
  readonly json?: boolean;
}

/** Adds the options that every command for runs on services has. */
export function remote(command: Command): Command {
  return command
    .option('--collector <url>', 'the collector (HIGGSFLOW_COLLECTOR, or http://localhost:8081)')
    .option('-n, --namespace <name>', 'the services of this namespace of the Kubernetes cluster, in place of --collector')
    .option('--context <name>', 'context of the kubeconfig (the current one)')
    .option('--json', 'print JSON');
}

/** Where the services are, from options and environment. */
export async function clientOf({
  collector,
}: RemoteFlags): Promise<{ readonly collector: string; readonly broker: BrokerOptions | undefined }> {
  const [{ processEnvironment }, { parseSettings }, { brokerAddress, clientSettings }] = await Promise.all([
    import('#shared/runtime/config.ts'),
    import('#shared/runtime/settings.ts'),
    import('#shared/runtime/service-settings.ts'),
  ]);
  const settings = parseSettings(clientSettings, processEnvironment());
  const { AMQP_URL } = settings;
  const broker = AMQP_URL === undefined ? undefined : brokerAddress({ ...settings, AMQP_URL });
  return { collector: collector ?? settings.HIGGSFLOW_COLLECTOR, broker };
}

/** The verbs, for these services. Those of a cluster are reached by a tunnel that ends with the command (cli/main.ts). */
export async function connectTo(flags: RemoteFlags): Promise<Higgsflow> {
  const { connect } = await import('../api.ts');
  if (flags.namespace === undefined) return connect(await clientOf(flags));
  const { forwardCollector, openCluster } = await import('../cluster/open-services.ts');
  return connect({ collector: (await forwardCollector(await openCluster(flags), flags.namespace)).url });
}

/** To stdout, with indents. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
