import { stat } from 'node:fs/promises';
import { ConfigError } from '#shared/errors.ts';
import type { CountedSource } from '#shared/storage/source.ts';

/** Opens the one file that a command is about. @throws ConfigError where a folder is named; StorageError where it cannot be opened */
export async function openNamedFile(location: string): Promise<CountedSource> {
  const stats = await stat(location).catch(() => undefined);
  if (stats?.isDirectory() === true) throw new ConfigError('this is a folder', { file: location, hint: 'Name a file in it.' });
  const { openSource } = await import('#shared/storage/open.ts');
  return openSource(location);
}
