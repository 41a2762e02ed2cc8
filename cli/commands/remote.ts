/** What the commands for runs on services have in common. */
import type { Command } from 'commander';
import { isPipelineError } from '#shared/errors.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
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

/** Somebody sits there and waits. */
const FOR_PEOPLE: RetryPolicy = { attempts: 20, baseMs: 250, maxMs: 2000, patienceMs: 15_000 };

/**
 * The verbs, for these services. Those of a cluster are reached by a tunnel that ends with the command (cli/main.ts).
 * `isPatient`: a collector that restarts is waited for, as services do.
 */
export async function connectTo(flags: RemoteFlags, { isPatient = false } = {}): Promise<Higgsflow> {
  const { connect } = await import('../api.ts');
  const manner = { retry: isPatient ? undefined : FOR_PEOPLE, onRetry: tellFirst };
  if (flags.namespace === undefined) return connect({ ...(await clientOf(flags)), ...manner });
  const { forwardCollector, openCluster } = await import('../cluster/open-services.ts');
  return connect({ collector: (await forwardCollector(await openCluster(flags), flags.namespace)).url, ...manner });
}

function tellFirst(error: unknown, attempt: number): void {
  if (attempt === 1 && isPipelineError(error))
    process.stderr.write(`${error.file ?? 'The collector'}: ${error.reason}; trying again ...\n`);
}

/** To stdout, with indents. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
