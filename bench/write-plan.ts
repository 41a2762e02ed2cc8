/**
 * Where the baskets of a case are, for the program in c-limit/: `node bench/write-plan.ts CASE FILE` prints lines of text, one a
 * basket: place, stored bytes, bytes of its key, decompressed bytes, bytes of its entries, first entry, end.
 */
import { columnsToRead } from '#shared/analysis/partial.ts';
import { loadBuiltInAnalysis } from '#shared/analysis/registry.ts';
import { parseBasketHeader } from '#shared/root/basket.ts';
import { elementBytes } from '#shared/root/column-type.ts';
import { Cursor } from '#shared/root/cursor.ts';
import { openRootFile } from '#shared/root/file.ts';
import { type Branch, openTree } from '#shared/root/tree.ts';
import { openSource } from '#shared/storage/open.ts';
import type { ByteSource } from '#shared/storage/source.ts';
import { CASES, type CaseName } from './cases.ts';

/** A key and a basket's own fields are shorter. */
const HEADER_BYTES = 512;
const KINDS = { fixed: 'f', counted: 'c', vector: 'v' } as const;

/** The plan of a case over a file. @throws PipelineError as reading does */
export async function writePlan(name: CaseName, file: string): Promise<string> {
  const { analysis, isData } = CASES[name];
  const declared = await loadBuiltInAnalysis(analysis);
  const source = await openSource(file);
  try {
    const tree = await openTree(await openRootFile(source), declared.tree);
    const names = Object.keys(columnsToRead(declared, isData));
    const columns = await Promise.all(names.map((column) => describe(source, tree.branch(column))));
    return [`${name} ${file}`, `${tree.entries} ${names.length}`, ...columns].join('\n');
  } finally {
    await source.close();
  }
}

async function describe(source: ByteSource, { name, layout, baskets }: Branch): Promise<string> {
  if (layout === undefined || layout.kind === 'objects') throw new Error(`${name} has no plan`);
  const lines = [`${name} ${KINDS[layout.kind]} ${elementBytes(layout.element)} ${baskets.length}`];
  for (const { seek, bytes, firstEntry, endEntry } of baskets) {
    const { key, last } = parseBasketHeader(new Cursor(await source.read(seek, Math.min(bytes, HEADER_BYTES)), seek));
    lines.push([seek, bytes, key.keyLength, key.objectLength, last - key.keyLength, firstEntry, endEntry].join(' '));
  }
  return lines.join('\n');
}

const [name, file] = process.argv.slice(2);
if (import.meta.main && file !== undefined) process.stdout.write(`${await writePlan(name as CaseName, file)}\n`);
