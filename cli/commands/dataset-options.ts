/** Flags that say which lists and datasets a command is about: the same for run, submit and datasets. */
import type { Command } from 'commander';
import type { RunRequest } from '#shared/queue/run-request.ts';

export interface DatasetFlags {
  readonly datasetPattern?: readonly string[];
  readonly datasets?: string;
}

/** Adds them to a command. */
export function datasetFlags(command: Command): Command {
  return command
    .option('--dataset-pattern <words...>', 'only lists or datasets that fit: "*SMHiggs*", datasets_s3/*Mu*, "{Zee,Zmumu}"; quoted or not')
    .option('--datasets <dir>', 'folder of lists of files, a file a line: s3/bucket/path (./datasets_s3, where a pattern fits there)');
}

/** The part of a request that they say. */
export function datasetRequest({ datasetPattern, datasets }: DatasetFlags): Pick<RunRequest, 'datasetPattern' | 'listFolder'> {
  return {
    ...(datasetPattern === undefined ? {} : { datasetPattern: [...datasetPattern] }),
    ...(datasets === undefined ? {} : { listFolder: datasets }),
  };
}
