import { processEnvironment } from '../runtime/config.ts';
import { parseStorageSettings } from './parse-settings.ts';
import type { StorageSettings } from './settings.ts';

let known: StorageSettings | undefined;

/** What this process's environment says, read once. @throws ConfigError */
export function environmentSettings(): StorageSettings {
  known ??= parseStorageSettings(processEnvironment());
  return known;
}
