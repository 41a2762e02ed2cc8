import { closeSync, openSync, writeSync } from 'node:fs';
import { StorageError } from '../../errors.ts';

/**
 * Where a file is written to: appended at `position`, and patched where it was written before (headers that are known
 * only at the end). Synchronous: a basket is handed over as soon as it is full, so nothing piles up.
 */
export interface Sink {
  /** What errors call this file. */
  readonly name: string;
  /** Bytes appended so far: where the next write goes. */
  readonly position: number;
  write(bytes: Uint8Array): void;
  writeAt(offset: number, bytes: Uint8Array): void;
}

/** A sink in memory, for small files. */
export interface MemorySink extends Sink {
  /** A copy of everything written. */
  toBytes(): Uint8Array<ArrayBuffer>;
}

/** Collects a file in memory. */
export function createMemorySink(name = 'memory'): MemorySink {
  let bytes = new Uint8Array(4096);
  let position = 0;
  return {
    name,
    get position() {
      return position;
    },
    write(part) {
      if (position + part.length > bytes.length) {
        const grown = new Uint8Array(Math.max(bytes.length * 2, position + part.length));
        grown.set(bytes.subarray(0, position));
        bytes = grown;
      }
      bytes.set(part, position);
      position += part.length;
    },
    writeAt: (offset, part) => bytes.set(part, offset),
    toBytes: () => bytes.slice(0, position),
  };
}

/** A file on disk that is being written. `close` or `discard` ends it; after one, the other does nothing. */
export interface FileSink extends Sink {
  close(): void;
  /** Gives the file up: what is still buffered is not written. */
  discard(): void;
}

const FILE_BUFFER = 1 << 20;

/**
 * Creates (or empties) a file and writes to it in pieces of 1 MB.
 * @throws StorageError, not retryable, where the system refuses: no such folder, no space, no permission
 */
export function openFileSink(path: string): FileSink {
  const descriptor = attempt(path, () => openSync(path, 'w'));
  const buffer = new Uint8Array(FILE_BUFFER);
  let buffered = 0;
  let flushed = 0;
  let open = true;
  const writeAll = (bytes: Uint8Array, offset: number): void => {
    for (let done = 0; done < bytes.length; ) {
      done += attempt(path, () => writeSync(descriptor, bytes, done, bytes.length - done, offset + done));
    }
  };
  const flush = (): void => {
    writeAll(buffer.subarray(0, buffered), flushed);
    flushed += buffered;
    buffered = 0;
  };
  return {
    name: path,
    get position() {
      return flushed + buffered;
    },
    write(bytes) {
      if (buffered + bytes.length > FILE_BUFFER) flush();
      if (bytes.length >= FILE_BUFFER) {
        writeAll(bytes, flushed);
        flushed += bytes.length;
      } else {
        buffer.set(bytes, buffered);
        buffered += bytes.length;
      }
    },
    writeAt(offset, bytes) {
      flush();
      writeAll(bytes, offset);
    },
    close() {
      if (!open) return;
      try {
        flush();
      } finally {
        this.discard();
      }
    },
    discard() {
      if (open) closeSync(descriptor);
      open = false;
    },
  };
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new StorageError(`cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      file: path,
      retryable: false,
      cause,
    });
  }
}
