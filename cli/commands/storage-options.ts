/** Flags for object stores, their keys, and where results go: the same for run and submit. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { positiveInteger } from './arguments.ts';

export interface StorageFlags {
  readonly storageType?: 's3' | 'gs';
  readonly storageHost?: string;
  readonly bucket?: string;
  readonly gcsProjectId?: string;
  readonly mcThreads?: number;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly accessKeyFile?: string;
  readonly secretKeyFile?: string;
  readonly outputBucket?: string;
  readonly outputFile?: string;
  readonly outputJsonFile?: string;
  readonly uploadMaxKb?: number;
}

/** Adds them to a command, as three groups of its help. */
export function storageFlags(command: Command): Command {
  return command
    .optionsGroup('Object stores:')
    .option('--storage-type <type>', 's3, or gs (gcs): what kind of store buckets are in, whatever the addresses say', storageType)
    .option('--storage-host <url>', 'its server, where it is not Amazon or Google: https://s3.cern.ch, http://10.0.0.4:9000', storageHost)
    .option('--bucket <name>', 'bucket of the files, in place of the one in their addresses and lists (s3/higgs-demo/...)')
    .option('--gcs-project-id <id>', 'Google project that the buckets belong to')
    .option('--mc-threads <n>', 'requests that one reader, or the upload, has under way at the same time', positiveInteger)
    .optionsGroup('Keys (or HIGGSFLOW_ACCESS_KEY and HIGGSFLOW_SECRET_KEY; never in a message, log or report):')
    .option('--access-key-file <file>', 'file with the access key')
    .option('--secret-key-file <file>', 'file with its secret key')
    .option('--access-key <key>', 'the key itself; everybody on this machine can see it while the command runs')
    .option('--secret-key <key>', 'its secret key itself; the same')
    .optionsGroup('Results:')
    .option('--output-bucket <where>', 'upload the result files when the run ends: BUCKET or s3://BUCKET/FOLDER gets a folder of the run')
    .option('--output-file <file>', 'write histograms.root there as well')
    .option('--output-json-file <file>', 'write histograms.json there as well')
    .option('--upload-max-kb <n>', 'kB/s at which they are uploaded at most', positiveInteger);
}

/** Flags of higgs-demo that have nothing to do here: they are taken, so that scripts go on to work, and answered. */
export function formerFlags(command: Command): Command {
  return command.addOption(new Option('--redis-host <host>').hideHelp());
}

/** What to say about flags that were given and have no effect. */
export function formerNotes({ redisHost }: { readonly redisHost?: string }): string[] {
  if (redisHost === undefined) return [];
  return [
    '--redis-host has no effect: there is no Redis. The collector keeps the results, in its ledger; --collector or --namespace says where.',
  ];
}

function storageType(text: string): 's3' | 'gs' {
  if (text === 's3') return 's3';
  if (text === 'gs' || text === 'gcs') return 'gs';
  throw new InvalidArgumentError('It must be s3, gs or gcs.');
}

/** A name alone means https. */
function storageHost(text: string): string {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('It must be like https://s3.example.org.');
  if (url.username !== '' || url.password !== '') throw new InvalidArgumentError('Keys have flags of their own.');
  return url.href.replace(/\/+$/, '');
}
