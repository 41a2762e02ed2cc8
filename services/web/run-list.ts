/** The list of runs as a page. */
import type { RunSummary } from '#shared/plot/feed.ts';
import { escaped, plainPage } from './plain-page.ts';

/** HTML of the list, the run that started last first. */
export function runListPage(runs: readonly RunSummary[]): string {
  const sorted = [...runs].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  const rows = sorted.map(
    ({ run, state, analysis, startedAt, error = analysis }) =>
      `<tr><th scope="row"><a href="/runs/${encodeURIComponent(run)}">${escaped(run)}</a></th>` +
      `<td>${escaped(error)}</td><td><span class="pill" data-state="${escaped(state)}">${escaped(capitalised(state))}</span></td>` +
      `<td><time datetime="${escaped(startedAt)}">${escaped(timeText(startedAt))}</time></td></tr>`,
  );
  const table =
    rows.length === 0
      ? '<p>There are no runs yet.</p>'
      : `<table><thead><tr><th scope="col">Run</th><th scope="col">Analysis</th><th scope="col">State</th><th scope="col">Started</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  return plainPage({ title: 'Runs', heading: 'Runs', body: table });
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** "2026-11-22 09:00:00 UTC"; a script makes it local time. */
function timeText(iso: string): string {
  return iso.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}
