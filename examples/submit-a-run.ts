/**
 * A run on services (docker compose up, or a cluster) from a program of your own: hand it in, watch it, take the results.
 *
 *     node bin/bootstrap.mjs examples/submit-a-run.ts http://localhost:8081 /data/samples out/mine
 *
 * Outside of the checkout: Node >= 24, and higgsflow as a link (`npm link`).
 */
import { parseArgs } from 'node:util';
import { connect } from 'higgsflow';

const { positionals } = parseArgs({ allowPositionals: true });
const [collector = 'http://localhost:8081', data = '/data/samples', out = 'out/mine'] = positionals;

const higgsflow = connect({ collector });
const run = await higgsflow.submit({ analysis: 'atlas-hzz-2020', data: [data] });
for await (const { state, totals } of higgsflow.watch(run)) {
  console.log(`${state}: ${totals.tasksCommitted} of ${totals.tasks} tasks, ${Math.round(100 * totals.completeness)} %`);
}
const report = await higgsflow.results(run, out);
for (const { label, yield: events, error } of report.groups) console.log(`${label}: ${events.toFixed(2)} ± ${error.toFixed(2)}`);
for (const { file, text } of await higgsflow.failures(run)) console.log(`lost: ${file}: ${text}`);
