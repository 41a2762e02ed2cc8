import { createHash } from 'node:crypto';
import { ConfigError, UnsupportedError } from '../../errors.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Compressor } from './compress.ts';
import { encodeKey, FIXED_DATE, type KeyText, keyLength } from './key.ts';
import { isObjectName } from './object-names.ts';
import { ObjectWriter, type RootObject } from './object-writer.ts';
import type { Sink } from './sink.ts';
import { streamerInfoList } from './streamer-infos.ts';

const FILE_VERSION = 62400;
const FIRST_RECORD = 100;
/** Positions are 32-bit numbers; ROOT itself changes to longer ones here. */
const SIZE_LIMIT = 2_000_000_000;
const DIRECTORY_VERSION = 5;
/** ROOT compresses objects from this size on. */
const COMPRESS_FROM = 256;

export interface RootFileOptions {
  /** The name that the file gives itself: the base name, never a path. */
  readonly name: string;
  readonly title?: string;
  readonly compressor: Compressor;
  /** The file's UUIDs are made from it. */
  readonly seed?: string;
}

interface Directory {
  readonly name: string;
  readonly title: string;
  readonly seek: number;
  readonly parentSeek: number;
  readonly nameBytes: number;
  /** Where the directory's own header starts, which is patched at the end. */
  readonly headerAt: number;
  readonly uuid: Uint8Array;
  /** Names in it, and the keys of what it holds. */
  readonly names: Set<string>;
  readonly keys: Uint8Array[];
}

/**
 * Writes one ROOT file into a sink: objects and baskets as they come, directories' key lists, streamer info and header at
 * `close`. The bytes depend on nothing but what is written and the options.
 */
export class RootFileWriter {
  readonly compressor: Compressor;
  readonly #sink: Sink;
  readonly #options: RootFileOptions;
  readonly #classes = new Set<string>();
  readonly #directories = new Map<string, Directory>();
  readonly #nameBytes: number;

  constructor(sink: Sink, options: RootFileOptions) {
    this.#sink = sink;
    this.#options = options;
    this.compressor = options.compressor;
    sink.write(new Uint8Array(FIRST_RECORD));
    const { name, title = '' } = options;
    const names = new ByteWriter();
    names.string(name);
    names.string(title);
    const text = { className: 'TFile', name, title };
    this.#nameBytes = keyLength(text) + names.length;
    this.#addDirectory('', text, 0, names.written);
  }

  /**
   * Writes an object under a name; `directory` is a path such as `raw/data_A`, made where it is missing.
   * @throws ConfigError for a name that ROOT would not find, or that the directory has already, UnsupportedError where the file would pass 2 GB
   */
  writeObject(object: RootObject, { name, title = '', directory = '' }: { name: string; title?: string; directory?: string }): void {
    const place = this.#directory(directory);
    this.#claim(place, name, directory);
    place.keys.push(this.#writeObjectRecord({ className: object.className, name, title }, place.seek, object));
  }

  /**
   * Writes a basket and returns where: its key, `extra` (TBasket's numbers), its bytes.
   * @throws UnsupportedError where the file would pass 2 GB
   */
  writeBasket(text: KeyText, extra: Uint8Array, stored: Uint8Array, objectLength: number): { seek: number; byteLength: number } {
    const seek = this.#sink.position;
    const lengths = { storedLength: stored.length, objectLength, extraLength: extra.length };
    const key = encodeKey({ ...text, ...lengths, seek, parentSeek: FIRST_RECORD });
    this.#append(key, extra, stored);
    return { seek, byteLength: key.length + extra.length + stored.length };
  }

  /** Ends the file: without it there is nothing that can be read. The sink stays open. */
  close(): void {
    for (const directory of this.#directories.values()) this.#writeKeyList(directory);
    const { name, title = '' } = this.#options;
    const infoSeek = this.#sink.position;
    const infoText = { className: 'TList', name: 'StreamerInfo', title: 'Doubly linked list' };
    this.#writeObjectRecord(infoText, FIRST_RECORD, streamerInfoList([...this.#classes]));
    const freeSeek = this.#sink.position;
    const text = { className: 'TFile', name, title };
    const free = new ByteWriter();
    free.i16(1);
    free.i32(freeSeek + keyLength(text) + 10);
    free.i32(SIZE_LIMIT);
    this.#append(encodeKey({ ...text, storedLength: 10, objectLength: 10, seek: freeSeek, parentSeek: FIRST_RECORD }), free.written);
    this.#writeHeader(infoSeek, freeSeek);
  }

  #writeHeader(infoSeek: number, freeSeek: number): void {
    const end = this.#sink.position;
    const out = new ByteWriter();
    out.bytes(new TextEncoder().encode('root'));
    for (const value of [FILE_VERSION, FIRST_RECORD, end, freeSeek, end - freeSeek, 1, this.#nameBytes]) out.i32(value);
    out.u8(4);
    out.i32(this.compressor.setting);
    out.i32(infoSeek);
    out.i32(freeSeek - infoSeek);
    out.i16(1);
    out.bytes(this.#directory('').uuid);
    this.#sink.writeAt(0, out.written);
  }

  #append(...parts: Uint8Array[]): void {
    const total = parts.reduce((sum, part) => sum + part.length, this.#sink.position);
    if (total > SIZE_LIMIT) {
      const hint = 'Write fewer entries to a file, or compress.';
      throw new UnsupportedError('files of more than 2 GB cannot be written', { file: this.#sink.name, hint });
    }
    for (const part of parts) this.#sink.write(part);
  }

  #writeObjectRecord(text: KeyText, parentSeek: number, object: RootObject): Uint8Array {
    const out = new ByteWriter(1 << 14);
    new ObjectWriter(out, keyLength(text), this.#recorder(text)).object(object);
    const raw = out.written;
    const stored = (raw.length > COMPRESS_FROM ? this.compressor.compress(raw) : undefined) ?? raw;
    const key = encodeKey({ ...text, storedLength: stored.length, objectLength: raw.length, seek: this.#sink.position, parentSeek });
    this.#append(key, stored);
    return key;
  }

  /** The streamer info record itself needs no streamer info. */
  #recorder({ name }: KeyText): Set<string> {
    return name === 'StreamerInfo' ? new Set() : this.#classes;
  }

  #claim(place: Directory, name: string, path: string): void {
    if (!isObjectName(name)) throw new ConfigError(`'${name}' cannot name an object in a ROOT file`, { file: this.#sink.name });
    if (place.names.has(name)) {
      throw new ConfigError('two objects have this name', { file: this.#sink.name, object: path === '' ? name : `${path}/${name}` });
    }
    place.names.add(name);
  }

  #directory(path: string): Directory {
    const known = this.#directories.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf('/');
    const name = path.slice(cut + 1);
    const parent = this.#directory(path.slice(0, Math.max(cut, 0)));
    this.#claim(parent, name, path);
    const made = this.#addDirectory(path, { className: 'TDirectory', name, title: name }, parent.seek, new Uint8Array());
    parent.keys.push(made.key);
    return made.directory;
  }

  #addDirectory(path: string, text: KeyText, parentSeek: number, names: Uint8Array): { directory: Directory; key: Uint8Array } {
    const seek = this.#sink.position;
    const digest = createHash('sha256')
      .update(`${this.#options.seed ?? ''}\n${this.#options.name}\n${path}`)
      .digest();
    digest[6] = 0x40 | ((digest[6] ?? 0) & 0x0f);
    digest[8] = 0x80 | ((digest[8] ?? 0) & 0x3f);
    const length = keyLength(text);
    const directory: Directory = {
      name: text.name,
      title: text.title,
      seek,
      parentSeek,
      nameBytes: length + names.length,
      headerAt: seek + length + names.length,
      uuid: new Uint8Array(digest.subarray(0, 16)),
      names: new Set(),
      keys: [],
    };
    const header = directoryHeader(directory, 0, 0);
    const objectLength = names.length + header.length;
    const key = encodeKey({ ...text, storedLength: objectLength, objectLength, seek, parentSeek });
    this.#append(key, names, header);
    this.#directories.set(path, directory);
    return { directory, key };
  }

  #writeKeyList(directory: Directory): void {
    const seek = this.#sink.position;
    const text = { className: directory.parentSeek === 0 ? 'TFile' : 'TDirectory', name: directory.name, title: directory.title };
    const count = new ByteWriter();
    count.i32(directory.keys.length);
    const length = directory.keys.reduce((sum, key) => sum + key.length, count.length);
    const key = encodeKey({ ...text, storedLength: length, objectLength: length, seek, parentSeek: directory.seek });
    this.#append(key, count.written, ...directory.keys);
    this.#sink.writeAt(directory.headerAt, directoryHeader(directory, seek, key.length + length));
  }
}

/** A directory's header, with room left for the longer positions of big files, as ROOT does. */
function directoryHeader(directory: Directory, keysSeek: number, keysLength: number): Uint8Array {
  const out = new ByteWriter();
  out.i16(DIRECTORY_VERSION);
  for (const value of [FIXED_DATE, FIXED_DATE, keysLength, directory.nameBytes, directory.seek, directory.parentSeek, keysSeek])
    out.i32(value);
  out.i16(1);
  out.bytes(directory.uuid);
  out.bytes(new Uint8Array(12));
  return out.written;
}

/** A named text, as `TNamed(name, title)`. */
export function namedText(name: string, text: string): RootObject {
  return { className: 'TNamed', members: { fName: name, fTitle: text } };
}
