import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cpuLimit } from './cpu-limit.ts';

/** The limit under a cgroup file system with these files. */
function limitWith(files: Readonly<Record<string, string>>, available = 8): number {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  try {
    mkdirSync(join(root, 'cpu'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    return cpuLimit(root, available);
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe('the CPU limit', () => {
  it.each([
    ['version 2', { 'cpu.max': '250000 100000\n' }, 2],
    ['version 2, under one CPU', { 'cpu.max': '50000 100000' }, 1],
    ['version 2, without a limit', { 'cpu.max': 'max 100000' }, 8],
    ['version 2, over what there is', { 'cpu.max': '1600000 100000' }, 8],
    ['version 1', { 'cpu/cpu.cfs_quota_us': '300000', 'cpu/cpu.cfs_period_us': '100000' }, 3],
    ['version 1, without a limit', { 'cpu/cpu.cfs_quota_us': '-1', 'cpu/cpu.cfs_period_us': '100000' }, 8],
    ['no cgroup', {}, 8],
  ])('comes from the cgroup: %s', (_, files, expected) => {
    expect(limitWith(files)).toBe(expected);
  });
});
