import { expect, it } from 'vitest';
import { clientSettings, collectorSettings, producerSettings, webSettings, workerSettings } from '#shared/runtime/service-settings.ts';
import { describeSettings, type SettingsSchema } from '#shared/runtime/settings.ts';
import { scalerSettings } from './scaler/scaler-settings.ts';

const PROGRAMS: readonly (readonly [string, string, SettingsSchema])[] = [
  ['producer', 'Finds files and datasets of a run, freezes its tasks in the ledger, publishes them, and ends.', producerSettings],
  ['worker', 'Takes tasks, reads their files in threads, sends back partials. As many as you like.', workerSettings],
  ['collector', 'Counts every partial once. Exactly one; [its HTTP API](collector/README.md).', collectorSettings],
  ['web', 'The page, and the result files in a folder. One, or several with folders of their own.', webSettings],
  ['scaler', 'On Kubernetes: keeps the limit of the autoscaler at what there is use for. One for each pool.', scalerSettings],
  ['the command line', '`submit`, `watch`, `results` ...', clientSettings],
];

function table(schema: SettingsSchema): string {
  const rows = describeSettings(schema).map(({ name, description, defaultValue, required, mayBeFile }) => {
    const value = required ? 'required' : defaultValue === undefined ? '' : `\`${defaultValue}\``;
    return [`\`${name}\`${mayBeFile ? ' ᶠ' : ''}`, description, value];
  });
  const head = ['Variable', 'What it says', 'Default'];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill = ' ') =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  return [line(head), line(['', '', ''], '-'), ...rows.map((row) => line(row))].join('\n');
}

function page(): string {
  const parts = PROGRAMS.map(([name, purpose, schema]) => `## ${name}\n\n${purpose}\n\n${table(schema)}`);
  return `# The services

Each is a program, \`node services/<name>/main.ts\` with Node >= 24, \`node bin/bootstrap.mjs services/<name>/main.ts\` with an older
one. It is set up by environment variables alone; \`--help\` prints them. All that is wrong with them is said at once (exit code 78).
Variables marked ᶠ may be given as \`NAME_FILE\`, the path of a file that holds the value.

Logs are JSON on stdout. \`GET /healthz\` (it answers), \`/readyz\` (it can work; 503 with the reason if not) and \`/metrics\`
(Prometheus) are served at \`HTTP_PORT\`. SIGTERM stops cleanly: a worker finishes what it computes within \`GRACE_SECONDS\` and gives
back the rest; a producer ends with 75 and goes on when it is started again. Exit codes: 0 done, 1 failed, 2 usage, 75 try again,
78 wrong settings.

_This page is made from the code: \`npm test -- services/settings.test.ts -u\`._

${parts.join('\n\n')}
`;
}

it('README.md shows the variables as they are', async () => {
  await expect(page()).toMatchFileSnapshot('./README.md');
});
