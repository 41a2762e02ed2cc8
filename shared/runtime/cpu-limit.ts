import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * CPUs that this process may use, rounded down, at least 1: the limit of its cgroup (version 2, then version 1), or what
 * the system has.
 */
export function cpuLimit(root = '/sys/fs/cgroup', available = availableParallelism()): number {
  const limit = quotaV2(root) ?? quotaV1(root) ?? available;
  return Math.max(1, Math.floor(Math.min(limit, available)));
}

function quotaV2(root: string): number | undefined {
  const [quota, period] = (read(join(root, 'cpu.max')) ?? '').split(/\s+/).map(Number);
  return ratio(quota, period);
}

function quotaV1(root: string): number | undefined {
  for (const folder of ['cpu', 'cpu,cpuacct', 'cpuacct,cpu']) {
    const quota = read(join(root, folder, 'cpu.cfs_quota_us'));
    if (quota !== undefined) return ratio(Number(quota), Number(read(join(root, folder, 'cpu.cfs_period_us'))));
  }
  return undefined;
}

/** "max" and -1 stand for no limit. */
function ratio(quota: number | undefined, period: number | undefined): number | undefined {
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
