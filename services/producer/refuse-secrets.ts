import { ConfigError } from '#shared/errors.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { publicAddress } from '#shared/storage/secret-address.ts';

/**
 * Specs and messages hold nothing secret: an address with a password or a signature in it must have been taken out before.
 * @throws ConfigError naming the first such address, without what is secret in it
 */
export function refuseSecrets({ datasets, catalogue }: Pick<RunSpec, 'datasets' | 'catalogue'>): void {
  for (const { files, facts = [] } of datasets) {
    for (const file of files) refuse(file);
    for (const { replicas = [] } of facts) for (const replica of replicas) refuse(replica);
  }
  refuseWithin(catalogue);
}

function refuseWithin(value: unknown): void {
  if (typeof value === 'string') refuse(value);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) refuseWithin(inner);
}

function refuse(address: string): void {
  const plain = publicAddress(address);
  if (plain === address) return;
  throw new ConfigError('the address holds a password or a signature, which would be read by everybody who sees the run', {
    file: plain,
    hint: 'Give such addresses one by one with --data: what is secret in them is kept apart then.',
  });
}
