import { RootFormatError } from '../../errors.ts';
import type { KeyEntry, RootFile } from '../file.ts';
import type { Branch } from '../tree.ts';
import { parseAnchor } from './anchor.ts';
import { readEnvelope } from './envelope.ts';
import type { FieldPlan } from './field-plan.ts';
import { describeFields, orderClusters } from './fields.ts';
import { type Cluster, parsePageList } from './page-list.ts';
import { parseFooter, parseHeader } from './schema.ts';
import { loadXxh3, type Xxh3 } from './xxh3.ts';

/** An RNTuple's description: what it holds and where. */
export interface Rntuple {
  readonly file: RootFile;
  readonly path: string;
  /** Of the format, "1.0.0.1". */
  readonly version: string;
  readonly description: string;
  readonly entries: number;
  readonly branches: readonly Branch[];
  /** By path: fields whose values can be read, also those that are no columns (texts, lists of lists). */
  readonly plans: ReadonlyMap<string, FieldPlan>;
  readonly clusters: readonly Cluster[];
  readonly xxh3: Xxh3;
}

/**
 * Opens the RNTuple behind a key: reads its anchor, header, footer and page lists, no page.
 * @throws UnsupportedError for what later or earlier versions of the format have; RootFormatError and CodecError for damage
 */
export function openRntuple(file: RootFile, entry: KeyEntry): Promise<Rntuple> {
  return file.within(entry.path, async () => {
    const xxh3 = await loadXxh3();
    const { key, path } = entry;
    const anchor = parseAnchor(await file.payload(key), key.seek + key.keyLength, xxh3);
    const reader = { file, xxh3, maxKeyBytes: anchor.maxKeyBytes };
    const headerEnvelope = await readEnvelope(reader, 'header', anchor.header);
    const header = parseHeader(headerEnvelope);
    const { schema, groups } = parseFooter(await readEnvelope(reader, 'footer', anchor.footer), header, headerEnvelope.checksum);
    const lists: Cluster[] = [];
    for (const { pageList, clusters } of groups) {
      const list = parsePageList(await readEnvelope(reader, 'page list', pageList), headerEnvelope.checksum);
      if (list.length !== clusters) throw new RootFormatError(`a group of ${clusters} clusters lists ${list.length}`);
      lists.push(...list);
    }
    const { clusters, entries } = orderClusters(lists);
    const { branches, plans } = describeFields(schema, clusters, entries);
    return { file, path, version: anchor.version, description: header.description, entries, branches, plans, clusters, xxh3 };
  });
}
