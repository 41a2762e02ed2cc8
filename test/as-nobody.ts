const NOBODY = 65534;

/** Root may read and write anything: where tests run as root, its rights are put aside for a moment. */
export async function asNobody<T>(action: () => T | Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
