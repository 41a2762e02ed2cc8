/** Analyses of users as files, for tests of what may happen in them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Writes an analysis of the samples of `writeLeptonSamples` whose loop is `body`, and returns how a task names it. */
export function writeAnalysisFile(folder: string, name: string, body: string, imports = ''): string {
  const path = join(folder, `${name}.ts`);
  writeFileSync(
    path,
    `
  import { defineAnalysis, regular } from 'higgsflow/analysis';
  ${imports}
  export const analysis = defineAnalysis({
    name: 'mine', title: 'Mine', tree: 'mini', columns: { mcWeight: 'f32' }, cutFlow: ['all'],
    histograms: () => ({ w: { title: 'w', axes: [regular(10, 0, 2, { name: 'w' })] } }),
    process({ entries, mcWeight }, out) { ${body} },
  });`,
  );
  return pathToFileURL(path).href;
}
