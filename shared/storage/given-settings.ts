import type { StorageSettings } from './settings.ts';

let given: StorageSettings | undefined;

/** What files are read by in this thread unless somebody says otherwise; without it, what the environment says. */
export function giveSettings(settings: StorageSettings): void {
  given = settings;
}

/** What this thread was given. */
export function givenSettings(): StorageSettings | undefined {
  return given;
}
