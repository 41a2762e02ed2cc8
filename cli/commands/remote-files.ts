/** Flags for reading files from elsewhere; each wins over its variable in the environment. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { overrideEnvironment } from '#shared/runtime/config.ts';
import { positiveInteger } from './arguments.ts';

export interface RemoteFileFlags {
  readonly downloadMaxKb?: number;
  readonly stageIn?: string;
  readonly stageInMaxMb?: number;
  readonly cacheDir?: string;
  readonly cacheMaxMb?: number;
  readonly cachePrefix?: string;
}

/** Adds them to a command, as a group of its help. */
export function remoteFileFlags(command: Command): Command {
  return command
    .optionsGroup('Remote files (each wins over the variable in brackets):')
    .option('--download-max-kb <n>', 'kB/s that all threads together take at most [DOWNLOAD_MAX_KB]', positiveInteger)
    .option('--stage-in <dir>', 'copy each file whole into this fast folder, the next one while one computes: /dev/shm [STAGE_IN_DIR]')
    .option('--stage-in-max-mb <n>', 'what may lie there at most (4096) [STAGE_IN_MAX_MB]', positiveInteger)
    .option('--cache-dir <dir>', 'keep the blocks that are read in this folder, for the next run [CACHE_DIR]')
    .option('--cache-max-mb <n>', 'its size at most (10240) [CACHE_MAX_MB]', positiveInteger)
    .option('--cache-prefix <url>', 'read through a cache: root://xcache:1094//, https://proxy/?url={encoded} [CACHE_PREFIX]');
}

/** Puts the flags that are given into the environment, where all threads look. */
export function useRemoteFileFlags(flags: RemoteFileFlags): void {
  const { downloadMaxKb, stageIn, stageInMaxMb, cacheDir, cacheMaxMb, cachePrefix } = flags;
  overrideEnvironment({
    DOWNLOAD_MAX_KB: downloadMaxKb?.toString(),
    STAGE_IN_DIR: stageIn === undefined ? undefined : resolve(stageIn),
    STAGE_IN_MAX_MB: stageInMaxMb?.toString(),
    CACHE_DIR: cacheDir === undefined ? undefined : resolve(cacheDir),
    CACHE_MAX_MB: cacheMaxMb?.toString(),
    CACHE_PREFIX: cachePrefix,
  });
}
