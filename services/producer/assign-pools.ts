import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { placed } from './run-manner.ts';

type SpecDataset = RunSpec['datasets'][number];
type PoolRequest = Pick<Partial<RunRequest>, 'lists' | 'pools' | 'storageType' | 'bucket'>;

/**
 * The datasets with the pools of their files, where the request has pools: a file is for the pool of the list that names it.
 * @throws ConfigError for a file that is in no pool's list, and a list of a pool that the request does not have
 */
export function assignPools(datasets: SpecDataset[], request: PoolRequest): SpecDataset[] {
  const { lists = [], pools } = request;
  if (pools === undefined) return datasets;
  const names = new Set(pools.map(({ name }) => name));
  const poolOf = new Map<string, string>();
  for (const { name, files, pool } of lists) {
    if (pool === undefined || !names.has(pool))
      throw new ConfigError(`list ${name} is for pool ${pool ?? '(none)'}, which the run does not have`);
    for (const file of files) poolOf.set(placed(file, request), pool);
  }
  return datasets.map((dataset) => ({ ...dataset, pools: runLengths(dataset.files, poolOf) }));
}

function runLengths(files: readonly string[], poolOf: ReadonlyMap<string, string>): { pool: string; files: number }[] {
  const lengths: { pool: string; files: number }[] = [];
  for (const file of files) {
    const pool = poolOf.get(file);
    if (pool === undefined) {
      throw new ConfigError('the file is for no pool', { file, hint: 'In a run with pools, each file is in the list of one of them.' });
    }
    const last = lengths.at(-1);
    if (last?.pool === pool) last.files += 1;
    else lengths.push({ pool, files: 1 });
  }
  return lengths;
}
