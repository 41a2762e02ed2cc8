import { PipelineError, RootFormatError, UnsupportedError } from '../errors.ts';
import type { ByteSource } from '../storage/source.ts';
import { decompress } from './compression.ts';
import { Cursor } from './cursor.ts';
import { type FileHeader, parseFileHeader } from './file-header.ts';
import { type Key, MIN_KEY_LENGTH, parseKey } from './key.ts';
import { type RootObject, readObject } from './object-reader.ts';
import { type Recovered, recoverKeys } from './recover.ts';
import { parseStreamerInfos, StreamerCatalogue } from './streamer-info.ts';

/** Directories deeper than this are a crafted file. */
const MAX_DIRECTORY_DEPTH = 64;
/** Read at once when a file is opened: header, first key and root directory. Remote sources fetch as much to learn the size. */
const HEAD_BYTES = 512;
/** What lies before the list of keys mostly is the description of the tree: for some 100 branches about so long. */
const BEFORE_KEYS_BYTES = 12 * 1024;
/** Keys and class descriptions that are further apart than this are not read at once. */
const MAX_TAIL_BYTES = 128 * 1024;

/** A key with the path of its directory: `path` is `dir/sub/name`, without cycle. */
export interface KeyEntry {
  readonly path: string;
  readonly key: Key;
}

/** Files that were not closed, and are said so. */
const warned = new Set<string>();

function warnOnce(file: string): void {
  if (warned.has(file)) return;
  warned.add(file);
  process.emitWarning(`${file} was not closed: it is read up to what was last saved in it`, 'RecoveredFile');
}

/** An open ROOT file. Does not own its source: who opened that closes it. */
export class RootFile {
  readonly source: ByteSource;
  readonly header: FileHeader;
  readonly #head: Uint8Array;
  /** The end of the file from some place on, once it has been read. */
  #tail: { readonly offset: number; readonly bytes: Uint8Array } | undefined;
  #streamers: Promise<StreamerCatalogue> | undefined;
  #entries: Promise<KeyEntry[]> | undefined;
  #recovered: Recovered | undefined;

  constructor(source: ByteSource, header: FileHeader, head: Uint8Array) {
    this.source = source;
    this.header = header;
    this.#head = head;
  }

  /** Bytes at a file position, from the head or the tail where they have them. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.source.size)) {
      throw new RootFormatError(`${length} bytes needed where the file has ${this.source.size}`, { file: this.source.name, offset });
    }
    if (offset + length <= this.#head.length) return this.#head.subarray(offset, offset + length);
    const tail = this.#tail;
    const end = offset + length;
    if (tail === undefined || end <= tail.offset || end > tail.offset + tail.bytes.length) return this.source.read(offset, length);
    if (offset >= tail.offset) return tail.bytes.subarray(offset - tail.offset, end - tail.offset);
    const bytes = new Uint8Array(length);
    bytes.set(await this.source.read(offset, tail.offset - offset));
    bytes.set(tail.bytes.subarray(0, end - tail.offset), tail.offset - offset);
    return bytes;
  }

  /** Reads the list of keys together with the class descriptions and the tree that mostly are its neighbours: one round trip. */
  async #readTail(seekKeys: number, keysBytes: number): Promise<void> {
    const { seekInfo, infoBytes } = this.header;
    const begin = seekInfo === 0 ? seekKeys : Math.min(seekKeys, seekInfo);
    const end = Math.max(seekKeys + keysBytes, seekInfo + infoBytes);
    const offset = Math.max(this.#head.length, begin - BEFORE_KEYS_BYTES);
    if (this.#tail !== undefined || end - begin > MAX_TAIL_BYTES || end > this.source.size || offset >= end || keysBytes < 0) return;
    this.#tail = { offset, bytes: await this.source.read(offset, end - offset) };
  }

  /** All keys of all directories, in the order of the file, directories themselves included. */
  keys(): Promise<KeyEntry[]> {
    this.#entries ??= this.#listDirectories();
    return this.#entries;
  }

  /** The newest key of a path, or the one of a cycle (`dir/name;2`); undefined where there is none. */
  async find(path: string): Promise<KeyEntry | undefined> {
    const [, name = path, cycle] = /^(.*?)(?:;(\d+))?$/.exec(path) ?? [];
    const keys = await this.keys();
    const named = keys.filter((entry) => entry.path === name && (cycle === undefined || entry.key.cycle === Number(cycle)));
    return named.sort((a, b) => b.key.cycle - a.key.cycle)[0];
  }

  /** Set, once the keys are read, where the file has no list of them: it was not closed, and its keys were searched for. */
  get recovered(): Recovered | undefined {
    return this.#recovered;
  }

  /** What the file says about its classes. */
  streamers(): Promise<StreamerCatalogue> {
    this.#streamers ??= this.#readStreamers();
    return this.#streamers;
  }

  /** The object behind a key. @throws UnsupportedError where the file does not describe its class. */
  async object({ path, key }: KeyEntry): Promise<RootObject> {
    const streamers = await this.streamers();
    return this.within(path, async () => {
      const payload = await this.payload(key);
      return readObject(key.className, payload, { keyLength: key.keyLength, origin: key.seek + key.keyLength, streamers });
    });
  }

  /** Runs `read`, and adds file and object to the errors that come out of it. */
  async within<T>(object: string | undefined, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw locate(error, this.source.name, object);
    }
  }

  /** `within` for what is done at once. */
  withinNow<T>(object: string | undefined, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw locate(error, this.source.name, object);
    }
  }

  /** The decompressed bytes of what stands behind a key. */
  async payload(key: Key): Promise<Uint8Array> {
    const bytes = await this.read(key.seek + key.keyLength, key.nbytes - key.keyLength);
    return decompress(bytes, key.objectLength, key.seek + key.keyLength);
  }

  #readStreamers(): Promise<StreamerCatalogue> {
    return this.within('list of class descriptions', async () => {
      await this.keys(); // where the file was not closed, this finds the descriptions as well
      const found = this.#recovered?.streamerKey;
      const { seekInfo, infoBytes } = found === undefined ? this.header : { seekInfo: found.seek, infoBytes: found.nbytes };
      if (seekInfo === 0) return new StreamerCatalogue([]);
      const bytes = await this.read(seekInfo, infoBytes);
      const cursor = new Cursor(bytes, seekInfo);
      const key = parseKey(cursor);
      if (key.nbytes > bytes.length) cursor.fail(`record of ${key.nbytes} bytes where the header says ${bytes.length}`);
      const payload = await decompress(bytes.subarray(key.keyLength, key.nbytes), key.objectLength, seekInfo + key.keyLength);
      return new StreamerCatalogue(parseStreamerInfos(payload, key.keyLength, seekInfo + key.keyLength));
    });
  }

  #listDirectories(): Promise<KeyEntry[]> {
    return this.within('directory', async () => {
      const entries: KeyEntry[] = [];
      await this.#listDirectory(this.header.begin + this.header.nameBytes, '', entries, new Set(), 0);
      return entries;
    });
  }

  async #listDirectory(seek: number, prefix: string, entries: KeyEntry[], seen: Set<number>, depth: number): Promise<void> {
    if (seen.has(seek) || depth > MAX_DIRECTORY_DEPTH) throw new RootFormatError('directories contain themselves', { offset: seek });
    seen.add(seek);
    const listed = await this.#readKeyList(seek);
    const keys = depth === 0 && listed.length === 0 ? await this.#recover() : listed;
    for (const key of keys) {
      const path = prefix + key.name;
      entries.push({ path, key });
      if (key.className === 'TDirectory' || key.className === 'TDirectoryFile') {
        await this.#listDirectory(key.seek + key.keyLength, `${path}/`, entries, seen, depth + 1);
      }
    }
  }

  /** The keys of a file that lists none: it is empty, or was not closed. */
  async #recover(): Promise<readonly Key[]> {
    const { begin, end } = this.header;
    const { size } = this.source;
    const found = await recoverKeys((offset, length) => this.read(offset, length), { begin, size }, begin);
    if (found.keys.length > 0) {
      this.#recovered = found;
      warnOnce(this.source.name);
    }
    if (found.keys.length === 0 && end < size) {
      const hint = 'The program that wrote it was stopped before it saved a tree (TTree::AutoSave).';
      throw new RootFormatError('the file was not closed, and there is nothing in it to recover', { hint });
    }
    return found.keys;
  }

  async #readKeyList(seek: number): Promise<Key[]> {
    const cursor = new Cursor(await this.read(seek, Math.min(48, this.source.size - seek)), seek);
    const version = cursor.i16();
    cursor.take(8); // dates
    const keysBytes = cursor.i32();
    cursor.take(4); // bytes of the name
    cursor.take(version > 1000 ? 16 : 8); // this directory's and its parent's position
    const seekKeys = version > 1000 ? cursor.u64() : cursor.u32();
    if (seekKeys === 0) return [];
    await this.#readTail(seekKeys, keysBytes);
    const list = new Cursor(await this.read(seekKeys, keysBytes), seekKeys);
    parseKey(list);
    const count = list.i32();
    if (count < 0 || count * MIN_KEY_LENGTH > list.remaining) list.fail(`directory of ${count} keys`);
    return Array.from({ length: count }, () => parseKey(list));
  }
}

/**
 * Opens a ROOT file: reads its first bytes, nothing more.
 * @throws RootFormatError where it is no ROOT file or is cut short
 */
export async function openRootFile(source: ByteSource): Promise<RootFile> {
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  try {
    const header = parseFileHeader(head);
    if (header.end > source.size) {
      const hint = 'It was not copied whole, or the program that wrote it was stopped.';
      throw new RootFormatError(`the file is cut short: ${source.size} bytes of ${header.end}`, { offset: source.size, hint });
    }
    return new RootFile(source, header, head);
  } catch (error) {
    throw locate(error, source.name, undefined);
  }
}

/** The error with its file and object; memory that a damaged length asked for counts as damage. */
function locate(error: unknown, file: string, object: string | undefined): unknown {
  if (error instanceof PipelineError) return error.at({ file, object });
  if (error instanceof RangeError) return new RootFormatError(`damaged lengths (${error.message})`, { file, object, cause: error });
  return error;
}

/** Raised for classes that are known to exist and are not read. */
export function unsupportedObject(file: RootFile, { path, key }: KeyEntry, wanted: string): UnsupportedError {
  return new UnsupportedError(`it is a ${key.className}, not ${wanted}`, { file: file.source.name, object: path });
}
