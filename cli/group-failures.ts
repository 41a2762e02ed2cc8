/** What is told of a task that failed. */
interface Failed {
  readonly code: string;
  readonly file: string;
  readonly entriesLost?: number | undefined;
}

/** Tasks that failed for the same reason. */
export interface FailureGroup<T> {
  readonly code: string;
  /** The text without the file. */
  readonly cause: string;
  /** Of those that tell it. */
  readonly entriesLost: number;
  readonly failures: readonly [T, ...T[]];
}

/** The most frequent cause first. Texts begin with the file; numbers in them (offsets) make no other cause. */
export function groupByCause<T extends Failed>(failures: readonly T[], textOf: (failure: T) => string): FailureGroup<T>[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const failure of failures) {
    const key = `${failure.code} ${causeOf(failure, textOf(failure)).replaceAll(/\d+/g, '#')}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [failure]);
    else group.push(failure);
  }
  return [...groups.values()]
    .map((group) => {
      const [first] = group;
      const entriesLost = group.reduce((sum, each) => sum + (each.entriesLost ?? 0), 0);
      return { code: first.code, cause: causeOf(first, textOf(first)), entriesLost, failures: group };
    })
    .sort((a, b) => b.failures.length - a.failures.length);
}

function causeOf({ file }: Failed, text: string): string {
  const withoutFile = text.replaceAll(file, '').replace(/^[\s:]+/, '');
  return withoutFile === '' ? text : withoutFile;
}
