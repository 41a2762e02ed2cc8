/** The producer as a process: it ends when all tasks of its run are published. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CollectorClient } from '#shared/client/collector-client.ts';
import { StorageError } from '#shared/errors.ts';
import { openAmqpQueue } from '#shared/queue/amqp.ts';
import { processEnvironment, readEnvironment } from '#shared/runtime/config.ts';
import { waitForCredentials } from '#shared/runtime/credentials.ts';
import { runService } from '#shared/runtime/service.ts';
import { brokerAddress, producerSettings } from '#shared/runtime/service-settings.ts';
import { describerOf } from './describe-file.ts';
import { dryRun } from './dry-run.ts';
import { startProducer } from './producer.ts';
import { parseRunFile, readRunFile, readRunText } from './run-file.ts';

const DRY_RUN = '--dry-run';
/** The keys of a run may come after the producer started. */
const CREDENTIALS_MS = 90_000;

const code = await runService(
  {
    name: 'producer',
    purpose: `finds files and datasets of a run, and publishes its tasks (${DRY_RUN}: prints what would be read, sends nothing)`,
    settings: producerSettings,
    flags: [DRY_RUN],
    async run({ settings, log, metrics, signal, args }) {
      const files = { folder: `${pathToFileURL(resolve(settings.ANALYSIS_DIR))}/` };
      const text = await readRunText(settings.RUN_SPEC_FILE);
      const { secret } = readRunFile(text, settings.RUN_SPEC_FILE);
      if (secret !== undefined) await waitForCredentials(readEnvironment().credentialsFolder, secret, CREDENTIALS_MS, signal);
      const spec = await parseRunFile(text, settings.RUN_SPEC_FILE, { files });
      const describe = await describerOf(spec, files);
      if (args.includes(DRY_RUN)) return void process.stdout.write(`${JSON.stringify(await dryRun(spec, describe, signal))}\n`);
      const onEvent = (event: string) => metrics.queueEvent(event);
      const queue = await openAmqpQueue({ ...brokerAddress(settings), patienceMs: Infinity, log, onEvent, signal });
      const runLog = log.child({ run: spec.run });
      runLog.info({ datasets: spec.datasets.length }, 'producer.planning');
      const taskList = new CollectorClient({ url: settings.COLLECTOR_URL, signal });
      try {
        await startProducer({ spec, queue, taskList, describe, signal });
        runLog.info({}, 'producer.published');
      } catch (error) {
        if (!signal.aborted) throw error;
        // Whoever started it has to start it again: it goes on from where it is.
        throw new StorageError('stopped before all tasks were published');
      } finally {
        await queue.close();
      }
    },
  },
  process.argv.slice(2),
  processEnvironment(),
);
process.exit(code);
