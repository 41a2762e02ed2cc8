import { describe, expect, it } from 'vitest';
import { runListPage } from './run-list.ts';

describe('the list of runs', () => {
  it('links each run, the latest first, and escapes what others have named', () => {
    const run = (name: string, startedAt: string) => ({ run: name, state: 'running' as const, analysis: '<b>&"', startedAt, edition: 1 });
    const html = runListPage([run('old', '2026-01-01'), run('new', '2026-02-01')]);
    expect(html.indexOf('href="/runs/new"')).toBeLessThan(html.indexOf('href="/runs/old"'));
    expect(html).toContain('&lt;b&gt;&amp;&quot;');
    expect(html).not.toContain('<b>');
    expect(html).not.toMatch(/<script>|style=/);
  });

  it('says when each began in words that need no script', () => {
    const run = { run: 'a', state: 'complete' as const, analysis: 'x', startedAt: '2026-11-30T21:32:11.373Z', edition: 1 };
    expect(runListPage([run])).toContain('<time datetime="2026-11-30T21:32:11.373Z">2026-11-30 21:32:11 UTC</time>');
  });

  it('says why a run cannot be shown', () => {
    const broken = {
      run: 'a',
      state: 'running' as const,
      analysis: '',
      startedAt: '2026-01-01',
      edition: 1,
      error: 'no such module: <mine.ts>',
    };
    expect(runListPage([broken])).toContain('<td>no such module: &lt;mine.ts&gt;</td>');
  });

  it('says that there are none', () => {
    expect(runListPage([])).toContain('There are no runs yet.');
  });
});
