/** report.md: the report for people. */
import { elapsedText } from '../plot/duration-text.ts';
import { readText } from '../plot/plot-text.ts';
import { type AccountRow, byteText, placesText } from './accounting.ts';
import { dataText, eventsText } from './events-text.ts';
import type { Report } from './report.ts';

/** The report as Markdown, with tables that also read well as plain text. */
export function reportToMarkdown(report: Report): string {
  const sections = [
    head(report),
    groupTable(report),
    cutFlowTable(report),
    significanceTable(report),
    datasetTable(report),
    failureTable(report),
    inputTable(report),
    accountingTable('Cost by dataset', 'dataset', report.accounting.datasets, report.accounting.total),
    accountingTable('Cost by worker', 'worker', report.accounting.workers, undefined),
    howItWent(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

const STATES = {
  complete: 'complete: every entry asked for was read',
  incomplete: 'INCOMPLETE: some of the input could not be read, see below; simulation is normalised to what was read',
  running: 'still running: these numbers will grow',
  cancelled: 'cancelled',
} as const;

/** How many files the entries are of, and how many of them failed, in whole or in part. */
export function filesText({ totals, failures }: Pick<Report, 'totals' | 'failures'>): string {
  const failed = new Set(failures.map(({ file }) => file)).size;
  return `${count(totals.filesDone)} files${failed === 0 ? '' : `, ${count(failed)} of which failed`}`;
}

/** What is not known, where a run has ended without it; empty otherwise. */
export function estimateText({ state, totals, datasets }: Pick<Report, 'state' | 'totals' | 'datasets'>): string {
  if (state === 'running') return '';
  const texts: string[] = [];
  if (totals.entriesExpected === undefined)
    texts.push('Of some files nobody knows the entries: completeness (≈) and scales take them for average ones of their datasets.');
  const assumed = datasets.flatMap(({ name, filesAssumed }) => (filesAssumed === undefined ? [] : [`${count(filesAssumed)} of ${name}`]));
  if (assumed.length > 0)
    texts.push(
      `Files that are not in the run, and whose entries the catalogue does not tell, are taken for average ones in scales: ${assumed.join(', ')}.`,
    );
  return texts.join(' ');
}

function head(report: Report): string {
  const { run, state, toy, analysis, experiment, startedAt, elapsedMs, totals, output, notes = [], unwritten = [] } = report;
  const { energyTeV } = experiment;
  const facts = [
    `Run \`${run}\`, started ${startedAt}, ${elapsedText(elapsedMs)}; ${STATES[state]}.`,
    `Analysis \`${analysis.name}\`; parameters ${parameterText(analysis.parameters)}.`,
    [
      experiment.name,
      experiment.status,
      energyTeV === undefined ? '' : `√s = ${energyTeV} TeV`,
      experiment.channel,
      luminosityText(experiment),
    ]
      .filter((part) => part !== '')
      .join(', '),
    `${count(totals.entriesCommitted)} entries of ${filesText(report)}; ${count(totals.bytesRead)} bytes read.`,
    estimateText(report),
    ...notes.map((note) => `Note: ${note}.`),
    outputText(output),
    ...unwritten.map(({ file, error }) => `NOT WRITTEN: ${file} (${error})`),
  ];
  const warning = toy ? '> **Toy data**: generated, not measured. These numbers say nothing about nature.\n\n' : '';
  return `# ${analysis.title}\n\n${warning}${facts.filter((fact) => fact !== '').join('  \n')}`;
}

/** `5 of 10 fb⁻¹ read`, in four digits; without the whole where nobody tells it. */
function luminosityText({ luminosityReadFb, luminosityFb }: Report['experiment']): string {
  if (luminosityReadFb === undefined) return '';
  const digits = (value: number) => Number(value.toPrecision(4));
  return `${digits(luminosityReadFb)}${luminosityFb === undefined ? '' : ` of ${digits(luminosityFb)}`} fb⁻¹ read`;
}

function outputText(output: Report['output']): string {
  if (output === undefined) return '';
  return output.error === undefined ? `These files are in ${output.folder} as well.` : `NOT UPLOADED to ${output.folder}: ${output.error}`;
}

function parameterText(parameters: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(parameters).map(([name, value]) => `\`${name}=${Array.isArray(value) ? value.join(',') : value}\``);
  return all.length === 0 ? 'none' : all.join(', ');
}

function groupTable({ groups }: Report): string {
  const rows = groups.map(({ label, entries, yield: events, error }) => [label, count(entries), eventsText(events), eventsText(error)]);
  const note = 'All that is left after the last step of the cut flow, outside of the range of the plots as well.';
  return section('Yields after all cuts', [['group', 'entries passing', 'events', '± stat.'], ...rows], note);
}

function cutFlowTable({ groups }: Report): string {
  const steps = groups[0]?.cutFlow.map(({ step }) => step) ?? [];
  const rows = steps.map((step, i) => [step, ...groups.map(({ cutFlow }) => eventsText(cutFlow[i]?.yield ?? 0))]);
  return section('Cut flow', [['after', ...groups.map(({ label }) => label)], ...rows], 'Scaled sums of weights.');
}

function significanceTable({ significance, noSignificance }: Report): string {
  if (noSignificance !== undefined) return `## Significance\n\nNone: ${noSignificance}.`;
  if (significance === undefined) return '';
  const { lo, hi, histogram, data, signal, background, stacked, ...values } = significance;
  const rows = [
    ...(data === undefined ? [] : [['data', dataText(data)]]),
    ['signal S', eventsText(signal)],
    ['background B', eventsText(background)],
    ['S + B', eventsText(stacked)],
    ['S / √B', value(values.signalOverRootBackground)],
    ['Asimov √(2((S+B) ln(1+S/B) − S))', value(values.asimov)],
    ['notebook formula with the true S: S / √(B + 0.3 B²)', value(values.notebookFormulaTrueSignal)],
    ['as the notebook prints it: (S+B) / √(B + 0.3 B²)', value(values.asPrintedByNotebook)],
  ];
  const note = `\`${histogram}\` from ${lo} to ${hi}. The last line takes the height of the stack for the signal; it is given for comparison only.`;
  return section('Significance', [['quantity', 'value'], ...rows], note);
}

function datasetTable({ datasets }: Report): string {
  const rows = datasets.map((each) => [
    each.name,
    each.group,
    `${each.filesDone} / ${each.files}`,
    count(each.entriesCommitted),
    readText(each),
    count(each.entries),
    each.scale.toPrecision(6),
    eventsText(each.yield),
    eventsText(each.error),
  ]);
  return section('Datasets', [['dataset', 'group', 'files', 'entries read', 'complete', 'passing', 'scale', 'events', '± stat.'], ...rows]);
}

function failureTable({ failures, totals }: Report): string {
  if (failures.length === 0) return '';
  const rows = failures.map(({ dataset, file, from, to, entriesLost, attempts, code, message }) => [
    dataset,
    file,
    to === undefined ? 'all' : `${from ?? 0} to ${to}`,
    entriesLost === undefined ? 'unknown' : count(entriesLost),
    String(attempts),
    `${code}: ${message}`,
  ]);
  const note = totals.tasksFailed > failures.length ? `The first ${failures.length} of ${totals.tasksFailed}.` : '';
  return section('Failures', [['dataset', 'file', 'entries', 'lost', 'attempts', 'reason'], ...rows], note);
}

function inputTable({ inputs }: Report): string {
  const rows = inputs.map(({ dataset, url, entries, bytes, tasks }) => [
    url,
    dataset,
    entries === undefined ? 'unknown' : count(entries),
    bytes === undefined ? 'unknown' : count(bytes),
    String(tasks),
  ]);
  return section('Inputs', [['file', 'dataset', 'entries', 'bytes', 'tasks'], ...rows]);
}

function accountingTable(title: string, what: string, rows: readonly AccountRow[], total: AccountRow | undefined): string {
  const cells = [...rows, ...(total === undefined || rows.length < 2 ? [] : [total])].map((row) => [
    row.name,
    count(row.attempts),
    row.coreSeconds.toFixed(2),
    count(row.bytesRead),
    count(row.requests),
    count(row.retries),
    count(row.cacheHits),
    `${placesText(row.places)}${row.bytesLeftOut > 0 ? `; ${byteText(row.bytesLeftOut)} left out` : ''}`,
  ]);
  const head = [what, 'attempts', 'core-seconds', 'bytes read', 'requests', 'retries', 'cache hits', 'from'];
  return section(title, [head, ...cells]);
}

function howItWent({ threadMs, entriesPerSecond, totals, elapsedMs, requests, versions, plan }: Report): string {
  const { wall, open, read, process, encode } = threadMs;
  const rows = [
    ['entries per second', count(Math.round(entriesPerSecond))],
    ['bytes read per second', count(Math.round(elapsedMs > 0 ? (totals.bytesRead * 1000) / elapsedMs : 0))],
    ['requests to files', count(requests)],
    ['time of all threads', elapsedText(wall)],
    ['of it opening / fetching and decoding / computing / encoding', [open, read, process, encode].map(elapsedText).join(' / ')],
    ['fraction of each file', String(plan.fraction)],
    ...Object.entries(versions).map(([name, version]) => [name, version]),
  ];
  return section('How it went', [['', ''], ...rows]);
}

function section(title: string, [head = [], ...rows]: readonly (readonly string[])[], note = ''): string {
  if (rows.length === 0) return '';
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  const widths = head.map((_, i) => cells.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), 3));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [first = [], ...others] = cells;
  return [`## ${title}\n`, ...(note === '' ? [] : [`${note}\n`]), line(first), rule, ...others.map(line)].join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function value(number: number | undefined): string {
  return number === undefined ? 'not defined' : eventsText(number);
}
