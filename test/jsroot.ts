/** The part of jsroot (an independent reader of ROOT files) that tests compare with; its own types leave it out. */
interface Selector {
  addBranch(name: string): void;
  Process(): void;
  readonly tgtobj: Readonly<Record<string, unknown>>;
}

interface JsrootIo {
  openFile(bytes: ArrayBuffer): Promise<{ readObject(path: string): Promise<unknown> }>;
}

interface JsrootTree {
  readonly TSelector: new () => Selector;
  treeProcess(tree: unknown, selector: Selector): Promise<unknown>;
}

// Named by a variable, so that the compiler does not look for types that are not there.
const [ioModule, treeModule]: string[] = ['jsroot/io', 'jsroot/tree'];

/** An object of a file in memory. */
export async function readWithJsroot(bytes: ArrayBuffer, path: string): Promise<unknown> {
  const io = (await import(ioModule ?? '')) as JsrootIo;
  return (await io.openFile(bytes)).readObject(path);
}

/** All numbers of some branches of a tree, lists flattened. */
export async function readBranchesWithJsroot(
  bytes: ArrayBuffer,
  path: string,
  names: readonly string[],
): Promise<Record<string, number[]>> {
  const { TSelector, treeProcess } = (await import(treeModule ?? '')) as JsrootTree;
  const tree = await readWithJsroot(bytes, path);
  const selector = new TSelector();
  const found: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) selector.addBranch(name);
  selector.Process = () => {
    for (const name of names) {
      const value = selector.tgtobj[name];
      const list = typeof value === 'object' && value !== null ? Array.from(value as ArrayLike<unknown>) : [value];
      found[name]?.push(...list.map(Number));
    }
  };
  await treeProcess(tree, selector);
  return found;
}
