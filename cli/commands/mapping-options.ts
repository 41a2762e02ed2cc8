/** Flags for several clusters: the same for all commands that know them. */
import type { Command } from 'commander';
import { DEFAULT_PREFIX } from '../cluster/mapping-defaults.ts';
import { wholeNumber } from './arguments.ts';

/** As they come from the command line. */
export interface MappingWords {
  readonly datasetMapping?: string;
  readonly datasetIndex?: number;
  readonly cluster?: string;
  readonly prefix: string;
  readonly gcsRegion?: string;
}

/** Adds them to a command. */
export function mappingFlags(command: Command): Command {
  return command
    .option('--dataset-mapping <file>', 'JSON file that says which lists of files go to which cluster; see `higgsflow clusters --help`')
    .option('--dataset-index <i>', 'only entry i of it, counted from 0', wholeNumber)
    .option('--cluster <name>', 'only this cluster of it; without such a file, the cluster of this name or context')
    .option('--prefix <text>', 'cluster i of it is called this and i', DEFAULT_PREFIX)
    .option('--gcs-region <region>', 'Google region of its clusters');
}
