/** The result of a run in a few lines, for stdout. */
import { resolve } from 'node:path';
import { elapsedText } from '#shared/plot/duration-text.ts';
import { placesText } from '#shared/results/accounting.ts';
import { dataText, eventsText } from '#shared/results/events-text.ts';
import type { Report } from '#shared/results/report.ts';
import { estimateText, filesText } from '#shared/results/report-markdown.ts';
import { formatTable } from '../format.ts';
import { type FailureGroup, groupByCause } from '../group-failures.ts';

/** Yields, significance, what failed, and where everything is. */
export function summaryOf(report: Report, folder: string): string {
  const { state, toy, groups, significance, failures, analysis, totals, elapsedMs, accounting, output } = report;
  const rows = groups.map(({ label, entries, yield: events, error }) => [label, String(entries), eventsText(events), eventsText(error)]);
  const lines = [
    `${analysis.title}: ${state}${toy ? ' (TOY DATA: generated, not measured)' : ''}`,
    `${totals.entriesCommitted.toLocaleString('en-US')} entries of ${filesText(report)}, in ${elapsedText(elapsedMs)}`,
    costLine(accounting.total),
    '',
    ...formatTable([['after all cuts', 'passing', 'events', '± stat.'], ...rows]),
  ];
  if (significance?.signalOverRootBackground !== undefined) {
    const { lo, hi, data, signal, background, signalOverRootBackground, asimov } = significance;
    const value = `S/√B ${eventsText(signalOverRootBackground, 2)}, Asimov ${asimov === undefined ? 'not defined' : eventsText(asimov, 2)}`;
    lines.push(
      '',
      `${lo}-${hi}: ${data === undefined ? '' : `data ${dataText(data)}, `}S ${eventsText(signal, 2)}, B ${eventsText(background, 2)}; ${value}`,
    );
  }
  if (report.noSignificance !== undefined) lines.push('', `No significance: ${report.noSignificance}`);
  if (failures.length > 0) lines.push('', `${failures.length} of ${totals.tasks} tasks failed:`, ...failureLines(failures));
  const estimate = estimateText(report);
  if (estimate !== '') lines.push(estimate);
  lines.push('', `Results: ${resolve(folder)}`);
  if (output !== undefined && output.error === undefined) lines.push(`Uploaded to: ${output.folder}`);
  return `${lines.join('\n')}\n`;
}

/** Result files that are not there, a line each, for stderr. */
export function unwrittenText({ unwritten = [] }: Report): string {
  return unwritten.map(({ file, error }) => `Not written: ${file}: ${error}\n`).join('');
}

function costLine({ coreSeconds, places, requests, retries }: Report['accounting']['total']): string {
  const reads = placesText(places);
  const tries = retries === 0 ? '' : `, ${retries} retried`;
  return `${coreSeconds.toFixed(1)} core-seconds${reads === '' ? '' : `; ${reads}, in ${requests.toLocaleString('en-US')} requests${tries}`}`;
}

/** Exit codes besides 0. */
const FAILED = 1;
const INCOMPLETE = 3;

/** How a command ends that made this report. */
export function exitCodeOf({ state, output, unwritten }: Report): number {
  if (state !== 'complete') return INCOMPLETE;
  return output?.error === undefined && unwritten === undefined ? 0 : FAILED;
}

type Failure = Report['failures'][number];

const CAUSES_SHOWN = 10;

/** A line a cause, with the number of tasks and one of their files. */
function failureLines(failures: readonly Failure[]): string[] {
  const groups = groupByCause(failures, ({ message }) => message);
  const more = groups.slice(CAUSES_SHOWN).reduce((sum, group) => sum + group.failures.length, 0);
  return [...groups.slice(0, CAUSES_SHOWN).map(failureLine), ...(more > 0 ? [`  and ${more} more, in report.md`] : [])];
}

function failureLine({ code, cause, failures }: FailureGroup<Failure>): string {
  const [{ message, file }, ...others] = failures;
  const lost = `${lostText(failures)} entries lost`;
  if (others.length === 0) return `  ${code}: ${message} (${lost})`;
  return `  ${failures.length} × ${code}: ${cause} (${lost}; all are in report.md, one is ${file})`;
}

function lostText(failures: readonly Failure[]): string {
  const known = failures.reduce((sum, { entriesLost = 0 }) => sum + entriesLost, 0);
  if (failures.every(({ entriesLost }) => entriesLost !== undefined)) return known.toLocaleString('en-US');
  return known === 0 ? 'an unknown number of' : `${known.toLocaleString('en-US')} and an unknown number of`;
}
