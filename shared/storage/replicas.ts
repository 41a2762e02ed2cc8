import { isPipelineError, StorageError } from '../errors.ts';
import { readEach } from './checked-source.ts';
import { addCosts, readCostOf } from './read-cost.ts';
import type { ByteSource, CountedSource, SourceCounters } from './source.ts';

/** A place that has the file, by what reports call it, which is the same for several on one server. */
export interface Replica {
  readonly place: string;
  open(): Promise<CountedSource>;
}

/**
 * One file that lies in several places: the first that gives it is read, and the next one in its stead when it fails for good.
 * Another size than the first one's is refused. Counters are those of all places together.
 * @throws StorageError of the last place where none gives it
 */
export async function withReplicas(replicas: readonly Replica[]): Promise<CountedSource> {
  const file = new ReplicatedFile(replicas);
  await file.open();
  return file.asSource();
}

interface OpenedReplica {
  readonly place: string;
  readonly source: CountedSource;
}

class ReplicatedFile {
  readonly #replicas: readonly Replica[];
  /** For what they cost, and to be closed. */
  readonly #opened: OpenedReplica[] = [];
  /** Those of the same size, the one that is read now at the end. */
  readonly #same: CountedSource[] = [];
  #current = -1;
  #isClosed = false;
  #moving: Promise<void> | undefined;

  constructor(replicas: readonly Replica[]) {
    this.#replicas = replicas;
  }

  async open(): Promise<void> {
    await this.#next(new StorageError('lies nowhere', { retryable: false }));
  }

  asSource(): CountedSource {
    const first = this.#here();
    const read: ByteSource['read'] = (offset, length, signal, memory) =>
      this.#try((source) => source.read(offset, length, signal, memory), signal);
    const opened = this.#opened;
    const sum = (field: keyof SourceCounters) => opened.reduce((total, { source }) => total + source.counters[field], 0);
    const addRetries = { count: 0 };
    return {
      name: first.name,
      size: first.size,
      version: first.version,
      counters: {
        get requests() {
          return sum('requests');
        },
        get bytes() {
          return sum('bytes');
        },
        get retries() {
          return sum('retries') + addRetries.count;
        },
        set retries(value) {
          addRetries.count = value - sum('retries');
        },
      },
      places: () => {
        const costs = opened.map(({ place, source: { counters, places } }) => readCostOf({ counters, places, name: place }));
        return costs.reduce(addCosts).places;
      },
      verify: (signal) => this.#verify(signal),
      read,
      readMany: (ranges, signal, memory) =>
        ranges.length === 0 ? readEach(read, ranges) : this.#try((source) => source.readMany(ranges, signal, memory), signal),
      close: async () => {
        this.#isClosed = true;
        await Promise.all(opened.map(({ source }) => source.close()));
      },
    };
  }

  /** Also the places that gave bytes before; one that cannot be asked any more is left out. */
  async #verify(signal: AbortSignal | undefined): Promise<void> {
    const here = this.#here();
    for (const source of this.#same) {
      await source.verify?.(signal).catch((error: unknown) => {
        if (source === here || !isElsewhereBetter(error)) throw error;
      });
    }
  }

  #here(): CountedSource {
    const source = this.#same.at(-1);
    if (source === undefined) throw new StorageError('no place of it is open', { retryable: false });
    return source;
  }

  async #try<T>(read: (source: CountedSource) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      const at = this.#current;
      const source = this.#here();
      try {
        return await read(source);
      } catch (error) {
        if (signal?.aborted || !isElsewhereBetter(error)) throw error;
        if (at === this.#current) await this.#move(error);
      }
    }
  }

  /** All reads that fail at one place move on together. */
  async #move(error: unknown): Promise<void> {
    this.#moving ??= this.#next(error).finally(() => {
      this.#moving = undefined;
    });
    await this.#moving;
  }

  async #next(error: unknown): Promise<void> {
    let last = error;
    for (let index = this.#current + 1; index < this.#replicas.length; index++) {
      const replica = this.#replicas[index] as Replica;
      try {
        const source = await replica.open();
        this.#opened.push({ place: replica.place, source });
        const { size, name } = this.#same[0] ?? source;
        if (this.#isClosed || source.size !== size) await source.close();
        if (source.size === size) {
          this.#same.push(source);
          this.#current = index;
          return;
        }
        last = new StorageError(`has ${source.size} bytes, but ${size} at ${name}`, { file: source.name, retryable: false });
      } catch (thrown) {
        last = thrown;
        if (!isElsewhereBetter(thrown)) break;
      }
    }
    throw last;
  }
}

/** What has a kind is no better anywhere. */
function isElsewhereBetter(error: unknown): boolean {
  return isPipelineError(error, 'StorageError') && error.kind === undefined;
}
