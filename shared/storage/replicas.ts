import { isPipelineError, StorageError } from '../errors.ts';
import { readEach } from './checked-source.ts';
import type { ByteSource, CountedSource, PlaceCounters, SourceCounters } from './source.ts';

/** A place that has the file, by what reports call it. */
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

class ReplicatedFile {
  readonly #replicas: readonly Replica[];
  readonly #opened = new Map<string, CountedSource>();
  #current = -1;
  #moving: Promise<void> | undefined;
  #first: CountedSource | undefined;

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
    const sum = (field: keyof SourceCounters) => [...opened.values()].reduce((total, { counters }) => total + counters[field], 0);
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
      places: () =>
        Object.assign({}, ...[...opened].map(([place, { counters, places }]) => places?.() ?? { [place]: countersOf(counters) })),
      verify: (signal) => this.#verify(signal),
      read,
      readMany: (ranges, signal, memory) =>
        ranges.length === 0 ? readEach(read, ranges) : this.#try((source) => source.readMany(ranges, signal, memory), signal),
      close: async () => {
        for (const source of opened.values()) await source.close();
      },
    };
  }

  /** Also the places that gave bytes before; one that cannot be asked any more is left out. */
  async #verify(signal: AbortSignal | undefined): Promise<void> {
    const here = this.#here();
    for (const source of this.#opened.values()) {
      await source.verify?.(signal).catch((error: unknown) => {
        if (source === here || !isElsewhereBetter(error)) throw error;
      });
    }
  }

  #here(): CountedSource {
    const source = this.#opened.get(this.#replicas[this.#current]?.place ?? '');
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
        this.#opened.set(replica.place, source);
        this.#first ??= source;
        if (source.size === this.#first.size) {
          this.#current = index;
          return;
        }
        last = new StorageError(`has ${source.size} bytes, but ${this.#first.size} at ${this.#first.name}`, {
          file: source.name,
          retryable: false,
        });
      } catch (thrown) {
        last = thrown;
        if (!isElsewhereBetter(thrown)) break;
      }
    }
    throw last;
  }
}

function countersOf({ bytes, requests }: SourceCounters): PlaceCounters {
  return { bytes, requests };
}

/** Neither a change under our hands nor a range outside the file gets better at another place. */
function isElsewhereBetter(error: unknown): boolean {
  return isPipelineError(error, 'StorageError') && !/^changed while|bytes asked for|after close|closed during/.test(error.reason);
}
