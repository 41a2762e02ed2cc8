/**
 * `synthetic://1000`: a ROOT file of so many entries that lies nowhere. It is made in memory when it is opened, and has the
 * tree `rehearsal` with one column, `x`, of numbers spread evenly from 0 to 100. Rehearsals of a cluster read it.
 */
import { ConfigError } from '../errors.ts';
import { zlibCompressor } from '../root/write/compress.ts';
import { namedText, RootFileWriter } from '../root/write/file-writer.ts';
import { createMemorySink } from '../root/write/sink.ts';
import { TreeWriter } from '../root/write/tree-writer.ts';
import { TOY_MARK } from '../toy/toy-mark.ts';
import { checkedSource } from './checked-source.ts';
import type { CountedSource, SourceCounters } from './source.ts';

const MOST_ENTRIES = 1_000_000;

/** @throws ConfigError if the location names no number of entries, or too large a one */
export async function openSyntheticSource(location: string): Promise<CountedSource> {
  const [, text] = /^synthetic:\/\/(\d{1,9})$/i.exec(location) ?? [];
  const entries = Number(text ?? Number.NaN);
  if (!(entries <= MOST_ENTRIES)) throw new ConfigError(`it must be synthetic://ENTRIES, at most ${MOST_ENTRIES}`, { file: location });
  const bytes = syntheticFile(entries);
  const counters: SourceCounters = { requests: 0, bytes: 0, retries: 0 };
  return checkedSource({
    name: location,
    size: bytes.length,
    counters,
    read: async (offset, length) => {
      counters.requests += 1;
      counters.bytes += length;
      return bytes.slice(offset, offset + length);
    },
    close: async () => {},
  });
}

function syntheticFile(entries: number): Uint8Array {
  const sink = createMemorySink();
  const file = new RootFileWriter(sink, { name: 'synthetic.root', compressor: zlibCompressor });
  file.writeObject(namedText(TOY_MARK, '{}'), { name: TOY_MARK, title: '{}' });
  const tree = new TreeWriter(file, { name: 'rehearsal', branches: [{ name: 'x', type: 'f32' }], clusterEntries: 10_000 });
  tree.append({ x: { values: Float32Array.from({ length: entries }, (_, i) => (100 * (i + 0.5)) / entries) } }, entries);
  tree.close();
  file.close();
  return sink.toBytes();
}
