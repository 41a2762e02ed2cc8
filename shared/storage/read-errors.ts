/** Errors of reads that neither another try nor another place makes better. */
import { StorageError } from '../errors.ts';

/** The file is not the one that was opened. */
export function changedError(name: string, how: string): StorageError {
  return new StorageError(`changed while it was read: ${how}`, {
    file: name,
    kind: 'changed',
    retryable: false,
    hint: 'Run again when nothing writes to it any more.',
  });
}

/** The source is closed already, or was closed under the hands of a read. */
export function closedError(name: string, when: 'read after close' | 'closed during a read'): StorageError {
  return new StorageError(when, { file: name, kind: 'closed', retryable: false });
}
