/** Pages that need no script to be read, in the look of the run's page. They load themselves again every few seconds. */

/** HTML of a page; `body` is HTML, `title` and `heading` are texts. */
export function plainPage({ title, heading, body }: { readonly title: string; readonly heading: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="5">
<title>${escaped(title)} · higgsflow</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
<script src="/assets/early-theme.js"></script>
<script src="/assets/services/web/page/plain.ts" type="module"></script>
</head>
<body>
<header class="top">
  <div class="names"><p class="brand">higgsflow</p><h1>${escaped(heading)}</h1></div>
  <div class="status"><button type="button" class="quiet" id="theme" hidden>Dark</button></div>
</header>
<main><section class="card">${body}</section></main>
</body>
</html>
`;
}

/** HTML for a run that does not exist; it may have just been submitted, and shows as soon as it is there. */
export function noSuchRunPage(run: string): string {
  const body = '<p>It may have been deleted, or not have begun. <a href="/runs">All runs</a></p>';
  return plainPage({ title: 'No such run', heading: `There is no run ${run}`, body });
}

/** Text as HTML. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
