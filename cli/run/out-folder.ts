import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '#shared/errors.ts';
import { makeFolder } from '#shared/make-folder.ts';
import { forShell } from '../for-shell.ts';

/** Files that a run leaves in its folder. */
const RESULT_FILE = /^(plot(-\w+)?\.png|histograms\.(json|csv|root)|report\.(json|md))$/;

const LEDGER = 'ledger.sqlite';

/** What was asked about a folder that may have a run in it already. */
export interface FolderChoice {
  readonly resume: boolean;
  readonly force: boolean;
}

/**
 * Makes the folder ready for a run and returns the path of its ledger.
 * @throws ConfigError if another run is in it and the user did not say what to do with that; StorageError if it cannot be made
 */
export async function prepareOutFolder(folder: string, { resume, force }: FolderChoice): Promise<string> {
  const ledger = join(folder, LEDGER);
  const files: readonly string[] = await readdir(folder).catch(() => []);
  const results = files.filter((file) => RESULT_FILE.test(file));
  if (force) {
    await removeLedger(folder);
    for (const file of results) await rm(join(folder, file), { force: true });
  } else if (!resume && (files.includes(LEDGER) || results.length > 0)) {
    throw new ConfigError('a run is in this folder already', {
      file: folder,
      hint: `Go on with it: ${resumeCommand(folder)}. Replace it: --force. Keep it: another --out.`,
    });
  }
  await makeFolder(folder, { hint: 'Name a folder of yours: --out FOLDER.' });
  return ledger;
}

/** Makes a folder in `place` that was not there: of this name, or with -2, -3 ... behind it. Returns its name. */
export async function makeNewFolder(place: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const tried = n === 1 ? name : `${name}-${n}`;
    if (await makeFolder(join(place, tried))) return tried;
  }
}

/** What goes on with the run of this folder. */
export function resumeCommand(folder: string): string {
  return `higgsflow run --resume --out ${forShell(folder)}`;
}

/** Forgets the run of this folder. */
export async function removeLedger(folder: string): Promise<void> {
  for (const file of [LEDGER, `${LEDGER}-wal`, `${LEDGER}-shm`]) await rm(join(folder, file), { force: true });
}
