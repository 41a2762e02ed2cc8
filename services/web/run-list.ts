/** The list of runs as a page: no script, it loads itself again every few seconds. */
import type { RunSummary } from '#shared/plot/feed.ts';

/** HTML of the list, the run that started last first. */
export function runListPage(runs: readonly RunSummary[]): string {
  const sorted = [...runs].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  const rows = sorted.map(
    ({ run, state, analysis, startedAt, error = analysis }) =>
      `<tr><th scope="row"><a href="/runs/${encodeURIComponent(run)}">${escaped(run)}</a></th>` +
      `<td>${escaped(error)}</td><td>${escaped(state)}</td><td><time>${escaped(startedAt)}</time></td></tr>`,
  );
  const table =
    rows.length === 0
      ? '<p>There are no runs yet.</p>'
      : `<table><thead><tr><th scope="col">Run</th><th scope="col">Analysis</th><th scope="col">State</th><th scope="col">Started</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="5">
<title>Runs · higgsflow</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
<script src="/assets/early-theme.js"></script>
</head>
<body>
<header class="top"><div class="names"><p class="brand">higgsflow</p><h1>Runs</h1></div></header>
<main><section class="card">${table}</section></main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
