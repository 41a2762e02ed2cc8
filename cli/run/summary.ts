/** The result of a run in a few lines, for stdout. */
import { resolve } from 'node:path';
import { elapsedText } from '#shared/plot/duration-text.ts';
import { placesText } from '#shared/results/accounting.ts';
import { dataText, eventsText } from '#shared/results/events-text.ts';
import type { Report } from '#shared/results/report.ts';
import { estimateText, filesText } from '#shared/results/report-markdown.ts';
import { formatTable } from '../format.ts';

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
  if (failures.length > 0) lines.push('', `${failures.length} of ${totals.tasks} tasks failed:`, ...failures.slice(0, 10).map(failureLine));
  if (failures.length > 10) lines.push(`  and ${failures.length - 10} more, in report.md`);
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

function failureLine({ code, message, entriesLost }: Report['failures'][number]): string {
  return `  ${code}: ${message} (${entriesLost === undefined ? 'an unknown number of' : entriesLost.toLocaleString('en-US')} entries lost)`;
}
