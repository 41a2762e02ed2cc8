/** The same for several clusters at a time: one that fails is named, the others go on. */

/** What came of it. */
export interface ClusterOutcome<T> {
  readonly cluster: string;
  readonly value?: T | undefined;
  readonly error?: unknown;
}

/** Acts on all clusters in parallel. Each failure is told at once, by the cluster's name. */
export async function eachCluster<C extends { readonly name: string }, T>(
  clusters: readonly C[],
  act: (cluster: C, say: (text: string) => void) => Promise<T>,
  say: (text: string) => void,
): Promise<ClusterOutcome<T>[]> {
  return Promise.all(
    clusters.map(async (cluster) => {
      const { name } = cluster;
      try {
        return { cluster: name, value: await act(cluster, (text) => say(`${name}: ${text}`)) };
      } catch (error) {
        say(`${name}: failed: ${error instanceof Error ? error.message : error}`);
        return { cluster: name, error };
      }
    }),
  );
}

/** "2 of 3 clusters failed: a, b"; undefined if none did. */
export function failureText(outcomes: readonly ClusterOutcome<unknown>[]): string | undefined {
  const failed = outcomes.filter((outcome) => 'error' in outcome);
  if (failed.length === 0) return undefined;
  return `${failed.length} of ${outcomes.length} clusters failed: ${failed.map(({ cluster }) => cluster).join(', ')}`;
}
